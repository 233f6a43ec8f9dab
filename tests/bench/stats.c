/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t stats_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void stats_sleep_until(uint64_t when)
{
	struct timespec t = {.tv_sec = (time_t)(when / 1000000000u),
			     .tv_nsec = (long)(when % 1000000000u)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

void series_add(struct series *s, double value)
{
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		s->value = realloc(s->value, s->room * sizeof *s->value);
		if (!s->value) {
			perror("series");
			exit(1);
		}
	}
	s->value[s->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A sorted copy. */
static struct series sorted(const struct series *s)
{
	struct series r = {0};

	for (size_t i = 0; i < s->n; i++)
		series_add(&r, s->value[i]);
	if (r.n)
		qsort(r.value, r.n, sizeof *r.value, by_value);
	return r;
}

double series_quantile(const struct series *s, double q)
{
	struct series r = sorted(s);
	double result = 0;

	if (r.n) {
		double at = q * (double)(r.n - 1);
		size_t i = (size_t)at;
		double next = r.value[i + 1 < r.n ? i + 1 : i];

		result = r.value[i] + (at - (double)i) * (next - r.value[i]);
	}
	series_free(&r);
	return result;
}

void series_free(struct series *s)
{
	free(s->value);
	*s = (struct series){0};
}

struct comparison series_compare(const struct series *a, const struct series *b)
{
	struct comparison c = {0};
	struct series pairs = {0};
	size_t n = a->n < b->n ? a->n : b->n;
	double ma = series_quantile(a, 0.5), half;

	for (size_t i = 0; i < n; i++)
		series_add(&pairs, b->value[i] / a->value[i]);
	if (!n || ma <= 0)
		return c;
	half = 0.98 / sqrt((double)n); /* 1.96 standard deviations of a binomial, over n */
	c.ratio = series_quantile(b, 0.5) / ma;
	c.pair_ratio = series_quantile(&pairs, 0.5);
	c.pair_low = series_quantile(&pairs, half < 0.5 ? 0.5 - half : 0);
	c.pair_high = series_quantile(&pairs, half < 0.5 ? 0.5 + half : 1);
	series_free(&pairs);
	return c;
}

void series_print(FILE *out, const struct series *s)
{
	(void)fprintf(out, "\"median_us\": %.1f, \"p95_us\": %.1f, \"min_us\": %.1f",
		      series_quantile(s, 0.5) / 1e3, series_quantile(s, 0.95) / 1e3,
		      series_quantile(s, 0) / 1e3);
}

void comparison_print(FILE *out, const struct comparison *c)
{
	(void)fprintf(out,
		      "\"ratio\": %.4f, \"pair_ratio\": %.4f, "
		      "\"pair_low\": %.4f, \"pair_high\": %.4f",
		      c->ratio, c->pair_ratio, c->pair_low, c->pair_high);
}
