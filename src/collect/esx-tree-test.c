/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files of a tree are read, what is not followed, and how parts become one. */

#include "collect/esx-tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/must.h"

static const struct {
	const char *path;
	bool wanted;
} paths[] = {
	{ "etc/vmware/esx.conf", true },
	{ "etc/vmware/hostd/vmInventory.xml", true },
	{ "etc/vmware/configstore/current-store-1", true },
	{ "etc/shadow", false },
	{ "etc/vmware/esx.json", false },
	{ "vmfs/volumes/a/b/b.VMX", true },
	{ "vmfs/volumes/a/b/b.vmdk", true },
	{ "vmfs/volumes/a/b/b-flat.vmdk", false },
	{ "vmfs/volumes/a/b/b.log", false },
	{ "commands/localcli_hardware-pci-list.txt", true },
	{ "commands/localcli_hardware_pci_list.json", true },
	{ "commands/localcli_system-time-get.txt", false },
	{ "guests/b.json", true },
	{ ".txt", false },
};

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		(void)mkdir(path, 0700);
	}
	file = fopen(path, "w");
	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static const struct lend_scan_file *find(const struct lend_esx_bag *bag, const char *name)
{
	for (size_t i = 0; i < bag->n; i++) {
		if (strcmp(bag->files[i].name, name) == 0)
			return &bag->files[i];
	}
	return NULL;
}

static void tree(const char *dir)
{
	struct lend_arena memory = { 0 };
	struct lend_esx_bag bag = { .memory = &memory, .source = dir };
	const struct lend_scan_file *file;
	struct lend_io *io = NULL;
	char link[512];

	put(dir, "etc/vmware/esx.conf", "/a = \"b\"\n");
	put(dir, "etc/vmware/configstore/current-store-1", "SQLite format 3\1and a password");
	put(dir, "vmfs/volumes/5f-1/a/a.vmx", "memSize = \"4\"\n");
	put(dir, "vmfs/volumes/5f-1/a/a.vmdk", "no descriptor, but data\n");
	put(dir, "commands/localcli_hardware-pci-list.txt.FRAG-00000", "one\n");
	put(dir, "commands/localcli_hardware-pci-list.txt.FRAG-00001", "two\n");
	put(dir, "commands/localcli_network-nic-list.txt.FRAG-00000", "one\n");
	put(dir, "commands/localcli_network-nic-list.txt.FRAG-00002", "three\n");
	(void)snprintf(link, sizeof(link), "%s/vmfs/volumes/ds1", dir);
	must(symlink("5f-1", link) == 0);
	(void)snprintf(link, sizeof(link), "%s/vmfs/volumes/loop", dir);
	must(symlink("..", link) == 0);
	(void)snprintf(link, sizeof(link), "%s/vmfs/volumes/5f-1/out.vmx", dir);
	must(symlink("/etc/hostname", link) == 0);

	must(lend_io_open_tree(dir, &io, NULL) == 0);
	must(lend_esx_tree_read(io, "", &bag, NULL) == 0);
	must(find(&bag, "vmfs/volumes/5f-1/a/a.vmx") != NULL);
	must_str(find(&bag, "vmfs/volumes/5f-1/a/a.vmx")->on_host,
		 "/vmfs/volumes/5f-1/a/a.vmx");
	/* By its other name it would be another VM. */
	must(find(&bag, "vmfs/volumes/ds1/a/a.vmx") == NULL);
	must(find(&bag, "vmfs/volumes/loop/volumes/5f-1/a/a.vmx") == NULL);
	must(find(&bag, "vmfs/volumes/5f-1/a/a.vmdk") == NULL);
	file = find(&bag, "vmfs/volumes/5f-1/out.vmx");
	must(file == NULL || file->len == 0);
	must_str(find(&bag, "etc/vmware/configstore/current-store-1")->bytes,
		 "SQLite format 3\1");
	must_str(find(&bag, "commands/localcli_hardware-pci-list.txt")->bytes, "one\ntwo\n");
	file = find(&bag, "commands/localcli_network-nic-list.txt");
	must(file != NULL && file->len == 0);
	must_str(file->broken, "lacks one of its parts");
	lend_io_free(io);
	lend_arena_done(&memory);
}

static void too_much(void)
{
	struct lend_arena memory = { 0 };
	struct lend_esx_bag bag = { .memory = &memory, .source = "s", .bytes = 128 << 20 };

	must(lend_esx_bag_put(&bag, "a.txt", "x", 1, NULL) < 0);
	lend_arena_done(&memory);
}

int main(void)
{
	char dir[] = "/tmp/lend-esx-tree-XXXXXX";
	char command[64];

	for (size_t i = 0; i < LEND_COUNT(paths); i++) {
		must_in(paths[i].path);
		must(lend_esx_is_wanted(paths[i].path) == paths[i].wanted);
	}
	must(lend_esx_command_of_file("x/LOCALCLI hardware pci list.txt") == LEND_ESX_PCI_LIST);
	must(lend_esx_command_of_file("x/notes.txt") == LEND_ESX_COMMANDS);
	must(mkdtemp(dir) != NULL);
	tree(dir);
	too_much();
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	must(system(command) == 0);
	return 0;
}
