# bash completion for lend                                  -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later
# Asks lend itself for its commands and options, so that nothing is said twice.

_lend() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$prev" = help ]; }; then
		words="$(lend --list-commands 2>/dev/null) help --help --version"
	elif [[ $cur == -* ]]; then
		words=$(lend "${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+')
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _lend lend
