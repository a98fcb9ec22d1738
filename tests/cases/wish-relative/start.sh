exec qemu-system-x86_64 -name rel -hda disk.qcow2
