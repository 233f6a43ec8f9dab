/* SPDX-License-Identifier: MIT */
#include "config/nearest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 32 /* longer ones are near to nothing; bounds the table below */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits from a to b: insert, drop, replace, or swap neighbours; case does not count. */
static size_t distance(const char *a, const char *b)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];
	size_t m = strlen(a), n = strlen(b);
	size_t i, j;

	for (i = 0; i <= m; i++)
		d[i][0] = i;
	for (j = 0; j <= n; j++)
		d[0][j] = j;
	for (i = 1; i <= m; i++) {
		for (j = 1; j <= n; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[m][n];
}

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
	size_t len = strlen(word);
	const char *best = NULL;
	size_t least_edits = 0;
	size_t i;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (i = 0; i < n; i++) {
		size_t edits;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		/* "mem" is far from "memory" by count, but what else can it be? */
		if (len >= 3 && !strncasecmp(word, words[i], len))
			edits = 1;
		else
			edits = distance(word, words[i]);
		if (edits <= (len < 6 ? 1 : len / 3) && (!best || edits < least_edits)) {
			best = words[i];
			least_edits = edits;
		}
	}
	return best;
}
