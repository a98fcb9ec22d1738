# bash completion for lend                                  -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later
# Asks lend itself for its commands, options and kinds, so that nothing is said twice.

_lend_rules() {
	lend explain 2>/dev/null | sed -n 's/^  *\([a-z0-9]*-[a-z0-9-]*\) .*/\1/p'
}

# _lend_journals WHAT: of each that could be taken back; \1 is its number, \2 its VM.
_lend_journals() {
	lend undo --no-headings 2>/dev/null |
		sed -n "s/^ *\([0-9][0-9]*\)  *[0-9TZ:-]*  *\([^ ]*\) .*/$1/p" | grep -vx -- - | sort -u
}

_lend() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
	local line=${COMP_LINE-"${COMP_WORDS[*]}"}
	line=${line:0:${COMP_POINT-${#line}}}
	# For bash a word ends at a colon: what is in front of it is there already.
	if [[ $line =~ [[:space:]](--device|-D)[[:space:]]+([^[:space:]]*)$ ]]; then
		cur=${BASH_REMATCH[2]}
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/bus/pci/devices 2>/dev/null)" -- "$cur")
		COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
		return
	fi
	# "pmem inspect" is a command of two words.
	local command=("${COMP_WORDS[1]}")
	case $COMP_CWORD:${COMP_WORDS[1]} in
	[3-9]:pmem | [1-9][0-9]*:pmem) command+=("${COMP_WORDS[2]}") ;;
	esac
	case $COMP_CWORD:$prev in
	1:*) words="$(lend --list-commands 2>/dev/null) help --help --version" ;;
	2:help) words=$(lend --list-commands 2>/dev/null) ;;
	2:pmem | 3:pmem) words=$(lend pmem --list-commands 2>/dev/null) ;;
	*:--table) words=$(lend show --fields 2>/dev/null | sed -n 's/^\([a-z-]*\):.*/\1/p') ;;
	*:--accel) words='tcg kvm' ;;
	*:--only | *:--skip) words=$(_lend_rules) ;;
	*:--fail-on) words='note warn refuse' ;;
	*:--label-version) words='1.1 1.2' ;;
	*:--mode) words='fsdax devdax' ;;
	*:--fs) words='ext4 xfs none' ;;
	*:--timeout | *:-t | *:--columns | *:-c | *:--guest-device | *:-d) return ;;
	*:--size | *:-s | *:--label-size | *:--offset | *:--align | *:--slot | *:--pmem) return ;;
	*:--accept | *:--patience | *:--connect) return ;;
	*)
		if [[ $cur == -* ]]; then
			words=$(lend "${command[@]}" --help 2>/dev/null |
				sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p')
		elif [[ ${command[0]} == explain ]]; then
			words=$(_lend_rules)
		elif [[ ${command[0]} == undo ]]; then
			words="$(_lend_journals '\1') $(_lend_journals '\2')"
		elif [[ ${command[0]} == stop || ${command[0]} == start ]]; then
			words=$(_lend_journals '\2')
		elif [[ ${command[0]} == detach || ${command[0]} == attach ]]; then
			[[ $COMP_CWORD != 2 ]] || words=$(_lend_journals '\2')
		else
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _lend lend
