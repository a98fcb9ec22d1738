# SPDX-License-Identifier: LGPL-2.1-or-later
# What a host of ESXi is asked, in one exchange (remote-script-esxi.c); its shell is busybox's.
#
# The answers are the files of a saved host: those of its own, and below commands/ what programs
# print, by the names of a vm-support bundle (docs/design/esxi-files.md).

# shellcheck disable=SC2016,SC2086,SC2317
# JSON where the host has it, else what people see; localcli where hostd does not answer.
esx() {
	o=$($E esxcli --formatter=json "$@" 2>/dev/null) && [ -n "$o" ] && printf '%s\n' "$o" && return
	$E esxcli "$@" || $E localcli "$@"
}
E=
if [ -n "$T" ]; then E='timeout 20'; fi
cmd() {
	n=$(echo "$*" | tr ' ' -)
	q "/commands/localcli_$n.txt" 16777217 esx "$@"
}
cfg() { if [ -e "$1" ]; then q :file 4194305 fil "$1"; fi; }
for f in /etc/vmware/esx.conf /etc/vmware/passthru.map /bootbank/boot.cfg /altbootbank/boot.cfg \
	/etc/vmware/hostd/vmInventory.xml; do
	cfg "$f"
done
# That it is there says something; what is in it is not read.
f=/etc/vmware/configstore/current-store-1
if [ -e $f ]; then q $f 64 head -c 16 $f; fi
cmd hardware pci list
cmd hardware pci pcipassthru list
cmd storage core adapter list
cmd storage core path list
cmd storage core device list
cmd storage vmfs extent list
cmd storage filesystem list
cmd storage nfs list
cmd system boot device get
cmd system coredump partition get
cmd system coredump file get
cmd network nic list
cmd network ip interface list
cmd network vswitch standard list
cmd vm process list
q /commands/vim-cmd_vmsvc_getallvms.txt 16777217 $E vim-cmd vmsvc/getallvms
q /commands/vmware_-vl.txt 65536 $E vmware -vl
# Small files of all datastores: the data of disks is not read.
${T:+timeout 60} find /vmfs/volumes/ -maxdepth 4 -type f \( -name '*.vmx' -o -name '*.vmdk' \) \
	! -name '*-flat.vmdk' ! -name '*-ctk.vmdk' ! -name '*-delta.vmdk' ! -name '*-sesparse.vmdk' \
	! -name '*-rdm.vmdk' ! -name '*-rdmp.vmdk' -size -512 -print0 </dev/null 2>/dev/null |
	xargs -0 sh -c "$F"'
for f; do q :file 262145 fil "$f"; done' sh
