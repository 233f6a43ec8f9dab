/* SPDX-License-Identifier: MIT */
/* Gates: which process counts, where a unit's control group is, what a path is worth, and by hand. */
#include "gate/by_hand.h"
#include "gate/path.h"
#include "gate/process.h"
#include "lib/scope.h"
#include "scratch.h"
#include "tap.h"

#define STATUS(name, state, uids, pids) \
	"Name:\t" name "\nUmask:\t0022\nState:\t" state "\nTgid:\t7\nUid:\t" uids "\nGid:\t0\t0\t0\t0\n" \
	"NStgid:\t" pids "\nNSpid:\t" pids "\nVmPeak:\t1 kB\n"

static void processes(void)
{
	ok(gate_process_counts(STATUS("a", "S (sleeping)", "0\t0\t0\t0", "7"), 0), "root's");
	ok(gate_process_counts(STATUS("a", "T (stopped)", "5\t5\t5\t5", "7"), 5), "a user's, stopped");
	ok(!gate_process_counts(STATUS("a", "S (sleeping)", "5\t5\t5\t5", "7"), 0), "not another's");
	ok(!gate_process_counts(STATUS("a", "S (sleeping)", "5\t0\t0\t0", "7"), 0), "none of a set-uid program");
	ok(!gate_process_counts(STATUS("a", "S (sleeping)", "0\t5\t0\t5", "7"), 0), "nor who acts as somebody else");
	ok(!gate_process_counts(STATUS("a", "S (sleeping)", "0\t5\t0\t5", "7"), 5), "for either");
	ok(!gate_process_counts(STATUS("a", "S (sleeping)", "0\t0\t0\t0", "7\t1"), 0), "none of a namespace below");
	ok(!gate_process_counts(STATUS("a", "Z (zombie)", "0\t0\t0\t0", "7"), 0), "none that has ended");
	ok(!gate_process_counts("Name:\ta\nState:\tS\nUid:\t0\t0\t0\t0\n", 0), "none that is nobody knows where");
	ok(!gate_process_counts("", 0), "nothing of nothing");
	/* The kernel writes a line's end in a name as \n, two characters. */
	ok(!gate_process_counts(STATUS("a\\nUid:\t0\t0\t0\t0", "S", "5\t5\t5\t5", "7"), 0),
	   "what a name says is nothing");
}

static void units(void)
{
	static const struct {
		const char *unit, *group;
	} cases[] = {
		{"lab.service", "/system.slice/lab.service"},
		{"lab-a.scope", "/system.slice/lab-a.scope"},
		{"lab@1.service", "/system.slice/system-lab.slice/lab@1.service"},
		{"a-b@c-d.service", "/system.slice/system-a\\x2db.slice/a-b@c-d.service"},
		{"/teaching.slice/lab.service", "/teaching.slice/lab.service"},
	};
	char got[80], small[20];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_int(gate_unit_group(cases[i].unit, got, sizeof got), 0, "%s", cases[i].unit);
		is_str(got, cases[i].group, "%s: its group", cases[i].unit);
	}
	is_int(gate_unit_group("lab.service", small, sizeof small), -ENAMETOOLONG, "no room");
	is_int(gate_unit_group("/teaching.slice/lab.service", small, sizeof small), -ENAMETOOLONG, "no room");
}

static void expect(const char *path, enum gate_state state, const char *why)
{
	const struct gate_spec spec = {.kind = GATE_FILE, .name = (char *)path};
	struct gate g;
	struct err err;

	is_int(gate_make(&g, &spec, -EBADF, &err), 0, "%s", path);
	is_int(g.state, GATE_CLOSED, "%s: closed until somebody looks", path);
	gate_look(&g);
	is_int(g.state, state, "%s: %s", path, why);
	if (state != GATE_OPEN)
		contains(g.why, why, "%s: says why", path);
	gate_close(&g);
}

static void paths(void)
{
	const char *why = private_mounts();
	char deep[200] = "";

	if (why) {
		skip(why);
		return;
	}
	tmpfs_on("/srv");
	(void)mkdir("/srv/own", 0755);
	(void)mkdir("/srv/all", 0755);
	(void)chmod("/srv/all", 01777);
	put(AT_FDCWD, "/srv/own/file", "", 0644);
	put(AT_FDCWD, "/srv/all/file", "", 0644);
	(void)!symlink("/srv/own", "/srv/link");
	(void)!symlink("/srv/own/file", "/srv/own/link");
	expect("/srv/own/file", GATE_OPEN, "there");
	expect("/srv/own", GATE_OPEN, "a directory as well");
	expect("/srv/own/none", GATE_CLOSED, "/srv/own/none does not exist");
	expect("/srv/none/file", GATE_CLOSED, "/srv/none does not exist");
	expect("/srv/all/file", GATE_UNFIT, "/srv/all is not root's alone (owner 0, mode 1777)");
	expect("/srv/own/link", GATE_UNFIT, "/srv/own/link is a symbolic link");
	expect("/srv/link/file", GATE_UNFIT, "/srv/link is a symbolic link");
	expect("/srv/own/file/x", GATE_UNFIT, "/srv/own/file: ");
	(void)!chown("/srv/own", 5, 0);
	expect("/srv/own/file", GATE_UNFIT, "/srv/own is not root's alone (owner 5, mode 0755)");
	for (int i = 0; i < 90; i++)
		strcat(deep, "/a");
	expect(deep, GATE_CLOSED, "/a does not exist");
}

static void by_hand(void)
{
	struct err err;

	is_int(by_hand_get(scratch_fd, "lab", 5), BY_HAND_ON, "nothing is switched off");
	is_int(by_hand_set(scratch_fd, "lab", 0, true, &err), 0, "a section");
	is_int(by_hand_get(scratch_fd, "lab", 5), BY_HAND_OFF_SECTION, "is off");
	is_int(by_hand_get(scratch_fd, "lab2", 5), BY_HAND_ON, "another is not");
	is_int(by_hand_set(scratch_fd, NULL, 5, true, &err), 0, "a user");
	is_int(by_hand_get(scratch_fd, "lab2", 5), BY_HAND_OFF_USER, "is off");
	is_int(by_hand_set(scratch_fd, "lab", 0, false, &err), 0, "the section on again");
	is_int(by_hand_set(scratch_fd, "lab", 0, false, &err), 0, "and again");
	is_int(by_hand_get(scratch_fd, "lab", 5), BY_HAND_OFF_USER, "the user still is off");
	is_int(by_hand_get(scratch_fd, "lab", 6), BY_HAND_ON, "another is not");
	is_int(by_hand_set(scratch_fd, NULL, 0, true, &err), 0, "all");
	is_int(by_hand_get(scratch_fd, "lab", 6), BY_HAND_OFF_ALL, "are off");
	is_int(by_hand_clear(scratch_fd, &err), 0, "all on");
	is_int(by_hand_get(scratch_fd, "lab", 5), BY_HAND_ON, "ends all of that");
	is_int(by_hand_clear(scratch_fd, &err), 0, "also where there is nothing");
	is_int(by_hand_get(-EBADF, "lab", 5), BY_HAND_OFF_ALL, "what can't be told is off");
}

int main(void)
{
	if (!scratch_make())
		return done_testing();
	processes();
	units();
	by_hand();
	paths();
	scratch_remove();
	return done_testing();
}
