# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034 # top and scratch are for the ones that read this in
#
# TAP for the shell tests: each says ok or not ok, done_testing writes the plan.

LC_ALL=C
export LC_ALL
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_tests=0
n_failed=0

ok() {
	n_tests=$((n_tests + 1))
	echo "ok $n_tests - $1"
}

not_ok() {
	n_tests=$((n_tests + 1))
	n_failed=$((n_failed + 1))
	echo "not ok $n_tests - $1"
}

skip() {
	n_tests=$((n_tests + 1))
	echo "ok $n_tests - $1 # SKIP $2"
}

# note TEXT: shown with a failure.
note() {
	printf '%s\n' "$1" | sed 's/^/# /'
}

# passes NAME COMMAND...; fails NAME COMMAND...
passes() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1 </dev/null); then
		ok "$tap_name"
	else
		not_ok "$tap_name"
		note "$tap_out"
	fi
}

fails() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1 </dev/null); then
		not_ok "$tap_name"
		note "$tap_out"
	else
		ok "$tap_name"
	fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "is   $2"
		note "want $3"
	fi
}

# is_in NAME PART WHOLE
is_in() {
	case $3 in
	*"$2"*) ok "$1" ;;
	*)
		not_ok "$1"
		note "no '$2' in: $3"
		;;
	esac
}

done_testing() {
	if [ $n_tests -eq 0 ]; then
		not_ok 'nothing was tested'
	fi
	echo "1..$n_tests"
	[ $n_failed -eq 0 ]
}
