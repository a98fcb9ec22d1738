# SPDX-License-Identifier: LGPL-2.1-or-later
# What a Linux host is asked with; the questions follow (remote-script.c).
#
# lst, lnk, hds  folders with all in them, links, the heads of files: PATH TYPE LINK, NUL behind each
# kid, uev       the links, or the uevent, of everything in a folder
# st, sp         stat and statfs; the space that is free for us
# inp            a program that is told something
# Where find is not GNU's, one prints by hand what it does.

# shellcheck disable=SC2016,SC2086,SC2317
st() { $T stat -L -c '%f %d %i %s %b %B %t %T' -- "$1" && $T stat -f -c %t -- "$1"; }
sp() {
	u=a
	if [ "$(id -u)" = 0 ]; then u=f; fi
	$T stat -f -c "%$u %S %s" -- "$1" && if [ -w "$1" ]; then echo 1; else echo 0; fi
}
inp() {
	i=$1
	shift
	printf '%s' "$i" | "$@"
}
hds() { head -v -c 65537 -- "$@"; }
if find /proc/self -maxdepth 0 -printf x </dev/null >/dev/null 2>&1; then
	P='%p\0%y\0%l\0'
	export P
	lst() { find "$@" -maxdepth 1 -printf "$P"; }
	lnk() { find "$@" -maxdepth 0 -printf "$P"; }
	kid() {
		find "$1" -mindepth 1 -maxdepth 1 -printf '%p/\0' |
			xargs -0 -r sh -c 'find "$@" -mindepth 1 -maxdepth 1 -type l -printf "$P"' sh
	}
	uev() {
		find "$1" -mindepth 1 -maxdepth 1 -printf '%p/uevent\0' |
			xargs -0 -r head -v -c 65537 --
	}
	pids() { find /proc -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf "%p/$1\0"; }
	cml() { pids cmdline | xargs -0 -r grep -laF qemu; }
	exe() { pids exe | xargs -0 -r sh -c 'find "$@" -maxdepth 0 -printf "$P"' sh; }
else
	one() {
		if [ -L "$1" ]; then
			printf '%s\0l\0' "$1"
			readlink -n "$1"
			printf '\0'
		elif [ -d "$1" ]; then
			printf '%s\0d\0\0' "$1"
		elif [ -e "$1" ]; then
			printf '%s\0f\0\0' "$1"
		else
			echo "find: '$1': No such file or directory" >&2
		fi
	}
	lnk() { for a; do one "$a"; done; }
	lst() {
		for a; do
			one "$a"
			[ -d "$a" ] || continue
			if [ ! -r "$a" ] || [ ! -x "$a" ]; then
				echo "find: '$a': Permission denied" >&2
				continue
			fi
			set +f
			for b in "$a"* "$a".[!.]*; do
				if [ -e "$b" ] || [ -L "$b" ]; then one "$b"; fi
			done
			set -f
		done
	}
	kid() {
		set +f
		for a in "$1"*/; do
			for b in "$a"*; do
				if [ -L "$b" ]; then one "$b"; fi
			done
		done
		set -f
	}
	uev() {
		set +f
		head -v -c 65537 -- "$1"*/uevent
		set -f
	}
	cml() {
		set +f
		grep -laF qemu /proc/[0-9]*/cmdline
		set -f
	}
	exe() {
		set +f
		for a in /proc/[0-9]*/exe; do one "$a"; done
		set -f
	}
fi
lnx() {
	tr '\000\n' '\n ' | while read -r p && read -r y && read -r x; do
		case $y$x in l*qemu*) echo "${p%/exe}/cmdline" ;; esac
	done
}
vms() {
	{
		cml
		exe | lnx
	} </dev/null 2>/dev/null | sort -u
}
# Of each QEMU, whatever is wanted: the rest follows from it.
vmq() {
	for d in $(vms); do
		d=${d%/cmdline}
		q "$d/cmdline" 4194305 cat "$d/cmdline"
		q "$d/maps" 4194305 cat "$d/maps"
		q :links 1000000 lnk "$d/cwd" "$d/root" "$d/exe" "$d/ns/mnt"
		q :list 8000000 lst "$d/fd/"
	done
}
