qemu-system-x86_64
