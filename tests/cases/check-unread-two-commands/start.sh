qemu-system-x86_64 -cpu max -m 1G
qemu-system-x86_64 -cpu max -m 2G
