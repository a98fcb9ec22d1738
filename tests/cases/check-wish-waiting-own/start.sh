qemu-system-x86_64 -name db1 -machine q35 -m 1G -display none
