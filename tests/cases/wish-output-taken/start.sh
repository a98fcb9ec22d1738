qemu-system-x86_64 -name a
