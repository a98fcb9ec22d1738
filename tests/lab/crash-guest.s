# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guest of the shape "crash-proof": firmware of 64 KiB that writes to NVDIMMs.
#
# It fills the first 4 MiB of each NVDIMM of 16 MiB, which lie one behind the other from
# 4 GiB on, with the letter L, writes every cache line back (clwb), fences, and says so on
# the debug console (port 0xe9).  Then it waits for the crash.  Behind the last one there is
# nothing that keeps what is written.
#
# As an operating system would, and nothing else: so it needs no kernel, and is ready in a
# second where QEMU runs in a guest of QEMU.

	.set	DIMM_BYTES, 16 << 20
	.set	WRITTEN_BYTES, 4 << 20
	.set	FIRST, 0x100000000
	.set	TABLES, 0x10000		# of pages, in low RAM

	.text
	.globl	start

# The processor starts in real mode, with a code segment at the end of 4 GiB.
	.code16
start:
	cli
	cld
	lgdtl	%cs:(gdtr - start)
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$8, $protected

	.code32
protected:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	# 512 pages of 1 GiB, each where it is.
	xorl	%eax, %eax
	movl	$TABLES, %edi
	movl	$1024, %ecx
	rep stosl
	movl	$(TABLES + 0x1003), TABLES
	movl	$(TABLES + 0x1000), %edi
	movl	$0x83, %eax
	xorl	%edx, %edx
	movl	$512, %ecx
1:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	addl	$8, %edi
	addl	$0x40000000, %eax
	adcl	$0, %edx
	loop	1b

	movl	$TABLES, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax
	movl	%eax, %cr0
	ljmpl	$24, $wide

	.code64
wide:
	movabsq	$FIRST, %rbx
dimm:
	movabsq	$0x4c4c4c4c4c4c4c4c, %rax
	movq	%rbx, %rdi
	movq	%rax, (%rdi)
	cmpq	%rax, (%rdi)
	jne	done
	movl	$(WRITTEN_BYTES / 8), %ecx
	rep stosq
	movq	%rbx, %rdi
	movl	$(WRITTEN_BYTES / 64), %ecx
1:	clwb	(%rdi)
	addq	$64, %rdi
	decl	%ecx
	jnz	1b
	sfence
	addq	$DIMM_BYTES, %rbx
	jmp	dimm

done:
	movl	$said, %esi
	movl	$(said_end - said), %ecx
	movl	$0xe9, %edx
	rep outsb
1:	hlt
	jmp	1b

said:	.ascii	"flushed\n"
said_end:

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff	# 8: code, 32 bit
	.quad	0x00cf92000000ffff	# 16: data
	.quad	0x00af9a000000ffff	# 24: code, 64 bit
gdtr:	.word	gdtr - gdt - 1
	.long	gdt

	.org	0xfff0			# where the processor starts
	.code16
	jmp	start
	.org	0x10000
