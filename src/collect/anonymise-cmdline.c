/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines of QEMU of which parts are private: by the option in front, by key. */

#include "collect/anonymise.h"

/* "key=value,key=value": keys and what stands alone in front are QEMU's words. */
static void put_properties(struct lend_anonymise *a, bool name, const char *text, size_t len,
			   struct lend_buf *out)
{
	for (size_t i = 0; i <= len;) {
		size_t n = 0, key;

		/* ",," is a comma of the value. */
		while (i + n < len &&
		       (text[i + n] != ',' || (i + n + 1 < len && text[i + n + 1] == ',')))
			n += text[i + n] == ',' ? 2 : 1;
		for (key = 0; key < n && text[i + key] != '=';)
			key++;
		if (key == n && i == 0 && name)
			lend_anon_name(a, text + i, n, out);
		else if (key == n)
			lend_anon_text(a, text + i, n, out);
		else
			lend_buf_put(out, text + i, ++key);
		if (key < n) {
			const char *value = text + i + key;

			if (name && key == 6 && memcmp(text + i, "guest=", 6) == 0)
				lend_anon_name(a, value, n - key, out);
			else if (lend_anon_is_secret_key(text + i, key - 1) && value[0] != '/')
				lend_anon_all(a, LEND_ANON_FORCE, value, n - key, out);
			else
				lend_anon_text(a, value, n - key, out);
		}
		i += n + 1;
		if (i <= len)
			lend_buf_putc(out, ',');
	}
}

void lend_anon_properties(struct lend_anonymise *a, const char *text, size_t len,
			  struct lend_buf *out)
{
	put_properties(a, false, text, len, out);
}

void lend_anon_cmdline(struct lend_anonymise *a, const char *text, size_t len,
		       struct lend_buf *out)
{
	static const char *const secret[] = { "-append", "-fw_cfg", "-runas", "-smb", "-k" };
	const char *option = "";
	size_t option_len = 0;

	for (size_t i = 0; i < len;) {
		const char *word = text + i;
		size_t n = strnlen(word, len - i);
		/* "--name" is "-name". */
		bool double_dash = option_len > 2 && option[0] == '-' && option[1] == '-';
		const char *o = double_dash ? option + 1 : option;
		size_t o_len = double_dash ? option_len - 1 : option_len;

		if (n > 1 && word[0] == '-')
			lend_buf_put(out, word, n);
		else if (n > 0 && word[0] == '{')
			lend_anon_json(a, word, n, out);
		else if (lend_anon_is_one_of(secret, LEND_COUNT(secret), o, o_len))
			lend_anon_all(a, LEND_ANON_PATH, word, n, out);
		else
			put_properties(a, o_len == 5 && memcmp(o, "-name", 5) == 0, word, n,
				       out);
		option = word;
		option_len = n;
		i += n;
		if (i < len)
			lend_buf_putc(out, text[i++]);
	}
}
