/* SPDX-License-Identifier: MIT */
#include "cli/diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "lib/scope.h"

#define AROUND 3
/* Texts that differ in more than this are shown as all old, all new. */
#define CELLS_MAX (16u << 20)

struct lines {
	const char **at; /* each ends before the next one; at[n] is the end */
	size_t n;
};

static int lines_of(const char *text, struct lines *ret)
{
	size_t n = 0;

	for (const char *p = text; *p; p = text_next_line(p))
		n++;
	ret->at = calloc(n + 1, sizeof *ret->at);
	if (!ret->at)
		return -ENOMEM;
	ret->n = n;
	for (size_t i = 0; i < n; i++) {
		ret->at[i] = text;
		text = text_next_line(text);
	}
	ret->at[n] = text;
	return 0;
}

static size_t length(const struct lines *l, size_t i)
{
	return (size_t)(l->at[i + 1] - l->at[i]);
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	return length(a, i) == length(b, j) && memcmp(a->at[i], b->at[j], length(a, i)) == 0;
}

/* What becomes of a line: kept, taken out, put in. */
struct step {
	char kind;
	size_t a, b;
};

/*
 * The longest common subsequence of what is between the common beginning and end;
 * configuration files are short.  table[i][j]: its length from i and j on.
 */
static size_t steps_between(const struct lines *a, const struct lines *b, size_t begin, size_t end_a,
			    size_t end_b, const uint32_t *table, struct step *out)
{
	size_t i = begin, j = begin, n = 0, width = end_b - begin + 1;

#define CELL(i, j) table[((i) - begin) * width + ((j) - begin)]
	while (i < end_a || j < end_b) {
		if (i < end_a && j < end_b && table && same(a, i, b, j)) {
			out[n++] = (struct step){' ', i++, j++};
		} else if (i < end_a && (j == end_b || !table || CELL(i + 1, j) >= CELL(i, j + 1))) {
			out[n++] = (struct step){'-', i, j};
			i++;
		} else {
			out[n++] = (struct step){'+', i, j};
			j++;
		}
	}
#undef CELL
	return n;
}

static int fill_table(const struct lines *a, const struct lines *b, size_t begin, size_t end_a,
		      size_t end_b, uint32_t **ret)
{
	size_t height = end_a - begin + 1, width = end_b - begin + 1;
	uint32_t *t;

	*ret = NULL;
	if (height > CELLS_MAX / width)
		return 0;
	t = calloc(height * width, sizeof *t);
	if (!t)
		return -ENOMEM;
	for (size_t i = height - 1; i-- > 0;)
		for (size_t j = width - 1; j-- > 0;) {
			uint32_t down = t[(i + 1) * width + j], right = t[i * width + j + 1];

			t[i * width + j] = same(a, begin + i, b, begin + j) ?
						   t[(i + 1) * width + j + 1] + 1 :
						   down > right ? down : right;
		}
	*ret = t;
	return 0;
}

static int find_steps(const struct lines *a, const struct lines *b, struct step *out, size_t *ret_n)
{
	size_t begin = 0, end_a = a->n, end_b = b->n, n = 0;
	_cleanup_free_ uint32_t *table = NULL;
	int r;

	while (begin < end_a && begin < end_b && same(a, begin, b, begin)) {
		out[n++] = (struct step){' ', begin, begin};
		begin++;
	}
	while (end_a > begin && end_b > begin && same(a, end_a - 1, b, end_b - 1)) {
		end_a--;
		end_b--;
	}
	r = fill_table(a, b, begin, end_a, end_b, &table);
	if (r)
		return r;
	n += steps_between(a, b, begin, end_a, end_b, table, out + n);
	for (; end_a < a->n; end_a++, end_b++)
		out[n++] = (struct step){' ', end_a, end_b};
	*ret_n = n;
	return 0;
}

static void print_line(FILE *f, const struct lines *a, const struct lines *b, const struct step *s)
{
	const struct lines *l = s->kind == '+' ? b : a;
	size_t i = s->kind == '+' ? s->b : s->a;

	fputc(s->kind, f);
	fwrite(l->at[i], 1, length(l, i), f);
	if (l->at[i + 1][-1] != '\n')
		fputs("\n\\ No newline at end of file\n", f);
}

/* One hunk, from the change at step i on.  Returns the step after it. */
static size_t print_hunk(FILE *f, const struct lines *a, const struct lines *b, const struct step *s,
			 size_t n, size_t i)
{
	size_t from = i > AROUND ? i - AROUND : 0, to = i, count_a = 0, count_b = 0;

	for (size_t k = i; k < n && k <= to + 2 * AROUND; k++)
		if (s[k].kind != ' ')
			to = k;
	to = to + AROUND + 1 < n ? to + AROUND + 1 : n;
	for (size_t k = from; k < to; k++) {
		count_a += s[k].kind != '+';
		count_b += s[k].kind != '-';
	}
	fprintf(f, "@@ -%zu,%zu +%zu,%zu @@\n", s[from].a + (count_a > 0), count_a,
		s[from].b + (count_b > 0), count_b);
	for (size_t k = from; k < to; k++)
		print_line(f, a, b, &s[k]);
	return to;
}

int diff_print(FILE *f, const char *path, const char *old, const char *new)
{
	_cleanup_free_ struct step *steps = NULL;
	struct lines a = {0}, b = {0};
	size_t n = 0;
	int r;

	r = lines_of(old ? old : "", &a);
	if (!r)
		r = lines_of(new ? new : "", &b);
	if (!r) {
		steps = calloc(a.n + b.n + 1, sizeof *steps);
		r = steps ? find_steps(&a, &b, steps, &n) : -ENOMEM;
	}
	if (!r) {
		fprintf(f, "--- %s\n", old ? path : "/dev/null");
		fprintf(f, "+++ %s\n", new ? path : "/dev/null");
		for (size_t i = 0; i < n;)
			i = steps[i].kind == ' ' ? i + 1 : print_hunk(f, &a, &b, steps, n, i);
	}
	free(a.at);
	free(b.at);
	return r;
}
