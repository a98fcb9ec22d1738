qemu-system-x86_64 -cpu max -m 1G $(cat args)
