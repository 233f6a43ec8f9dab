/* SPDX-License-Identifier: MIT */
/*
 * Values, option by option: what parses and how it prints, what does not and what is said.
 * Linked with: all objects of helper/config, helper/lib/err.o, -l:libinih.a
 */
#include "config/nearest.h"
#include "config/options.h"
#include "lib/scope.h"
#include "tap.h"

/* printed or said NULL: the other one applies. */
static const struct {
	enum option_id id;
	const char *text;
	const char *printed;
	const char *said;
} cases[] = {
	{OPTION_bandwidth_up, "64K", "64K", NULL},
	{OPTION_bandwidth_up, "10m", "10M", NULL},
	{OPTION_bandwidth_up, "1500K", "1500K", NULL},
	{OPTION_bandwidth_up, "100G", "100G", NULL},
	{OPTION_bandwidth_up, "max", "max", NULL},
	{OPTION_bandwidth_up, "63999", NULL, "the least is 64K"},
	{OPTION_bandwidth_up, "0", NULL, "the least is 64K"},
	{OPTION_bandwidth_up, "101G", NULL, "the most is 100G"},
	{OPTION_bandwidth_up, "10Mbit", NULL, "is not a rate"},
	{OPTION_bandwidth_up, "-1M", NULL, "is not a rate"},
	{OPTION_bandwidth_up, "1.5M", NULL, "is not a rate"},
	{OPTION_connections, "1", "1", NULL},
	{OPTION_connections, "max", "max", NULL},
	{OPTION_connections, "0", NULL, "the least is 1"},
	{OPTION_connections, "1000001", NULL, "the most is 1000000"},
	{OPTION_nat, "no", "no", NULL},
	{OPTION_nat, "on", NULL, "write no or yes"},
	{OPTION_pool, "10.1.0.0/16", "10.1.0.0/16", NULL},
	{OPTION_pool, "fd01::/64,10.1.0.0/16", "fd01::/64, 10.1.0.0/16", NULL},
	{OPTION_pool, "10.1.0.0/16 10.2.0.0/16", NULL, "a second prefix of its family"},
	{OPTION_pool, "10.1.0.0/31", NULL, "a length of 8 to 30"},
	{OPTION_pool, "0.0.0.0/0", NULL, "a length of 8 to 30"},
	{OPTION_pool, "fd01::/121", NULL, "a length of 32 to 120"},
	{OPTION_pool, "10.1.0.0", NULL, "a length of 8 to 30"},
	{OPTION_dns, "192.0.2.1 2001:db8::1", "192.0.2.1, 2001:db8::1", NULL},
	{OPTION_dns, "192.0.2.0/24", NULL, "is a prefix: write an address"},
	{OPTION_dns, "127.0.0.53", NULL, "the jail's own loopback: name an address"},
	{OPTION_dns, "::1", NULL, "the jail's own loopback: name an address"},
	{OPTION_dns, "0.0.0.0", NULL, "names no server"},
	{OPTION_dns, "::", NULL, "names no server"},
	{OPTION_dns, "169.254.1.1", NULL, "is link-local"},
	{OPTION_dns, "192.0.2.1 fe80::1", NULL, "'fe80::1' is link-local"},
	{OPTION_dns, "224.0.0.251", NULL, "is a multicast or reserved address"},
	{OPTION_dns, "ff02::fb", NULL, "is a multicast address"},
	{OPTION_dns, "dns.example.org", NULL, "names are not looked up"},
	{OPTION_dns, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4", NULL, "at most 3 items"},
	{OPTION_allow, "10.1.0.0/16:443/tcp, [fd00:1::/64]:53", "10.1.0.0/16:443/tcp, [fd00:1::/64]:53", NULL},
	{OPTION_allow, "10.1.0.1/16", NULL, "write 10.1.0.0/16"},
	{OPTION_deny, "0.0.0.0/0 ::/0", "0.0.0.0/0, ::/0", NULL},
	{OPTION_deny, "10.0.0.1:80/sctp", NULL, "write /tcp, /udp, or neither"},
	{OPTION_gate, "file:/run/lab/open", "file:/run/lab/open", NULL},
	{OPTION_gate, "unit:lab@1.service", "unit:lab@1.service", NULL},
	{OPTION_gate, "unit:/teaching.slice/lab.scope", "unit:/teaching.slice/lab.scope", NULL},
	{OPTION_gate, "process:meeting", "process:meeting", NULL},
	{OPTION_gate, "process:meeting@#1001", "process:meeting@#1001", NULL},
	{OPTION_gate, "process:a b@c@uma", "process:a b@c@uma", NULL},
	{OPTION_gate, "", "", NULL},
	{OPTION_gate, "/run/open", NULL, "write file:PATH, unit:NAME or process:NAME"},
	{OPTION_gate, "door:/run/open", NULL, "write file:PATH, unit:NAME or process:NAME"},
	{OPTION_gate, "File:/run/open", NULL, "write file:PATH, unit:NAME or process:NAME"},
	{OPTION_gate, "file:", NULL, "is not an absolute path"},
	{OPTION_gate, "file:run/open", NULL, "is not an absolute path"},
	{OPTION_gate, "file:/", NULL, "always exists"},
	{OPTION_gate, "file:/run/../open", NULL, "has a part '.' or '..'"},
	{OPTION_gate, "file:/proc/1", NULL, "tells no changes of"},
	{OPTION_gate, "file:/sys/fs/x", NULL, "tells no changes of"},
	{OPTION_gate, "unit:", NULL, "the whole name of a service or scope"},
	{OPTION_gate, "unit:.service", NULL, "the whole name of a service or scope"},
	{OPTION_gate, "unit:lab.socket", NULL, "the whole name of a service or scope"},
	{OPTION_gate, "unit:a b.service", NULL, "the whole name of a service or scope"},
	{OPTION_gate, "unit:a.slice/lab.service", NULL, "neither a unit nor a control group"},
	{OPTION_gate, "unit:/../lab.service", NULL, "has a part '.' or '..'"},
	{OPTION_gate, "process:", NULL, "is not the name of a command"},
	{OPTION_gate, "process:@uma", NULL, "is not the name of a command"},
	{OPTION_gate, "process:1234567890123456", NULL, "not more than 15 bytes"},
	{OPTION_gate, "process:a/b", NULL, "is not the name of a command"},
	{OPTION_gate, "process:a@", NULL, "is not a user"},
	{OPTION_gate, "process:a@#x", NULL, "is not a user"},
	{OPTION_publish, "8080:80/tcp, 53/udp 80:80/udp", "8080:80/tcp, 53/udp, 80/udp", NULL},
	{OPTION_publish, "80", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "80/sctp", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "0:80/tcp", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "80:65536/tcp", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "80:081/tcp", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "1:2:3/tcp", NULL, "write it like 8080:80/tcp"},
	{OPTION_publish, "80:1/tcp 80:2/tcp", NULL, "for the second time"},
	{OPTION_memory, "16M", "16M", NULL},
	{OPTION_memory, "1024m", "1G", NULL},
	{OPTION_memory, "16777217", "16777217", NULL},
	{OPTION_memory, "max", "max", NULL},
	{OPTION_memory, "15M", NULL, "the least is 16M"},
	{OPTION_memory, "0", NULL, "the least is 16M"},
	{OPTION_memory, "-1", NULL, "is not a size"},
	{OPTION_memory, "+64M", NULL, "is not a size"},
	{OPTION_memory, "64MB", NULL, "is not a size"},
	{OPTION_memory, "64 M", NULL, "is not a size"},
	{OPTION_memory, "0x40000000", NULL, "is not a size"},
	{OPTION_memory, "1.5G", NULL, "is not a size"},
	{OPTION_memory, "", NULL, "is not a size"},
	{OPTION_memory, "18446744073709551616", NULL, "too large a number"},
	{OPTION_memory, "99999999T", NULL, "too large a number"},
	{OPTION_tmp, "max", NULL, "is not a size"},
	{OPTION_tmp, "1M", "1M", NULL},
	{OPTION_tmp, "1048575", NULL, "the least is 1M"},
	{OPTION_pids, "16", "16", NULL},
	{OPTION_pids, "4194304", "4194304", NULL},
	{OPTION_pids, "4194305", NULL, "the most is 4194304"},
	{OPTION_pids, "15", NULL, "the least is 16"},
	{OPTION_pids, "max", "max", NULL},
	{OPTION_pids, "1K", NULL, "digits only"},
	{OPTION_ptys, "max", NULL, "is not a number"},
	{OPTION_ptys, "1025", NULL, "the most is 1024"},
	{OPTION_cpu, "50%", "50%", NULL},
	{OPTION_cpu, "1.5", "150%", NULL},
	{OPTION_cpu, "12.5%", "12.5%", NULL},
	{OPTION_cpu, "0.125", "12.5%", NULL},
	{OPTION_cpu, "2", "200%", NULL},
	{OPTION_cpu, "max", "max", NULL},
	{OPTION_cpu, "50", NULL, "write 50% or 50.0"},
	{OPTION_cpu, "50.0", "5000%", NULL},
	{OPTION_cpu, "0", NULL, "the least is 1%"},
	{OPTION_cpu, "0.5%", NULL, "the least is 1%"},
	{OPTION_cpu, "1.55%", NULL, "too fine"},
	{OPTION_cpu, "0.0001", NULL, "is not a share"},
	{OPTION_cpu, "1.", NULL, "is not a share"},
	{OPTION_cpu, "%", NULL, "is not a share"},
	{OPTION_cpu, "5000.0", NULL, "the most is"},
	{OPTION_nofile, "4096", "4096", NULL},
	{OPTION_nofile, "64:128", "64:128", NULL},
	{OPTION_nofile, "63:128", NULL, "the least is 64"},
	{OPTION_nofile, "64:", NULL, "write it like"},
	{OPTION_nofile, "64:128:256", NULL, "write it like"},
	{OPTION_nofile, "1:2M", NULL, "the least is 64"},
	{OPTION_memory_high, "16M", "16M", NULL},
	{OPTION_memory_high, "0", NULL, "the least is 16M"},
	{OPTION_swap, "0", "0", NULL},
	{OPTION_swap, "1024M", "1G", NULL},
	{OPTION_swap, "max", "max", NULL},
	{OPTION_swap, "-1", NULL, "is not a size"},
	{OPTION_swap, "99999999999T", NULL, "too large"},
	{OPTION_cpu_weight, "1", "1", NULL},
	{OPTION_cpu_weight, "10000", "10000", NULL},
	{OPTION_cpu_weight, "0", NULL, "the least is 1"},
	{OPTION_cpu_weight, "10001", NULL, "the most is 10000"},
	{OPTION_cpus, "0-1,3", "0-1,3", NULL},
	{OPTION_cpus, "3, 1, 0-1", "0-1,3", NULL},
	{OPTION_cpus, "0,1,2-4,4-7", "0-7", NULL},
	{OPTION_cpus, "5-5", "5", NULL},
	{OPTION_cpus, "", "", NULL},
	{OPTION_cpus, "3-1", NULL, "runs backwards"},
	{OPTION_cpus, "0,,1", NULL, "write it like 0-1,3"},
	{OPTION_cpus, "0-", NULL, "write it like"},
	{OPTION_cpus, "-1", NULL, "write it like"},
	{OPTION_cpus, "0-8191", "0-8191", NULL},
	{OPTION_cpus, "0-8192", NULL, "the most is 8191"},
	{OPTION_cpus, "0-18446744073709551616", NULL, "too large"},
	{OPTION_cpus, "all", NULL, "write it like"},
	{OPTION_io_read, "64K", "64K", NULL},
	{OPTION_io_read, "max", "max", NULL},
	{OPTION_io_read, "63K", NULL, "the least is 64K"},
	{OPTION_io_write, "0", NULL, "the least is 64K"},
	{OPTION_io_write_ops, "10", "10", NULL},
	{OPTION_io_write_ops, "9", NULL, "the least is 10"},
	{OPTION_io_read_ops, "4294967296", NULL, "the most is 4294967295"},
	{OPTION_nproc, "80:100", "80:100", NULL},
	{OPTION_nproc, "80:max", "80:max", NULL},
	{OPTION_nproc, "max", "max", NULL},
	{OPTION_nproc, "max:max", "max", NULL},
	{OPTION_nproc, "7", NULL, "the least is 8"},
	{OPTION_nproc, "10M", NULL, "write it like"},
	{OPTION_core, "0", "0", NULL},
	{OPTION_core, "0:max", "0:max", NULL},
	{OPTION_core, "", "", NULL},
	{OPTION_stack, "8M:64M", "8M:64M", NULL},
	{OPTION_stack, "8M:64M:65M", NULL, "write it like"},
	{OPTION_stack, ":8M", NULL, "write it like"},
	{OPTION_as, "63M", NULL, "the least is 64M"},
	{OPTION_data, "16384K", "16M", NULL},
	{OPTION_fsize, "18446744073709551616", NULL, "too large"},
	{OPTION_memlock, "-1", NULL, "write it like"},
	{OPTION_cpu_time, "90:2m", "90:2m", NULL},
	{OPTION_cpu_time, "0", NULL, "the least is 1"},
	{OPTION_cpu_time, "366d", NULL, "the most is 365d"},
	{OPTION_umask, "77", "0077", NULL},
	{OPTION_umask, "0777", "0777", NULL},
	{OPTION_umask, "1000", NULL, "the most is 0777"},
	{OPTION_umask, "0028", NULL, "octal"},
	{OPTION_umask, "00000000", NULL, "octal"},
	{OPTION_umask, "", NULL, "octal"},
	{OPTION_linger, "0", "0", NULL},
	{OPTION_linger, "90", "90", NULL},
	{OPTION_linger, "90s", "90", NULL},
	{OPTION_linger, "600", "10m", NULL},
	{OPTION_linger, "2h", "2h", NULL},
	{OPTION_linger, "30d", "30d", NULL},
	{OPTION_linger, "31d", NULL, "the most is 30d"},
	{OPTION_linger, "1w", NULL, "is not a time"},
	{OPTION_linger, "-1", NULL, "is not a time"},
	{OPTION_linger, "max", NULL, "or while-busy"},
	{OPTION_linger, "while-busy", "while-busy", NULL},
	{OPTION_linger, "busy", NULL, "or while-busy"},
	{OPTION_linger, "18446744073709551615", NULL, "the most is 30d"},
	{OPTION_scope, "session", "session", NULL},
	{OPTION_scope, "user", "user", NULL},
	{OPTION_scope, "login", NULL, "write user or session"},
	{OPTION_session_time, "8h", "8h", NULL},
	{OPTION_session_time, "max", "max", NULL},
	{OPTION_session_time, "0", NULL, "the least is 1"},
	{OPTION_session_time, "-5", NULL, "is not a time"},
	{OPTION_session_time, "5x", NULL, "max for no limit"},
	{OPTION_session_time, "31d", NULL, "the most is 30d"},
	{OPTION_session_time, "99999999999999999999", NULL, "too large a number"},
	{OPTION_session_time, "300000000000000d", NULL, "too large a number"},
	{OPTION_idle_time, "1", "1", NULL},
	{OPTION_idle_time, "30d", "30d", NULL},
	{OPTION_idle_time, "0", NULL, "the least is 1"},
	{OPTION_home, "private", "private", NULL},
	{OPTION_home, "Private", NULL, "write bind, private or none"},
	{OPTION_root, "Lab_1.x-2", "Lab_1.x-2", NULL},
	{OPTION_root, "a/b", NULL, "write host"},
	{OPTION_root, ".hidden", NULL, "the first of them a letter"},
	{OPTION_root, "-x", NULL, "write host"},
	{OPTION_root, "..", NULL, "write host"},
	{OPTION_root, "a b", NULL, "write host"},
	{OPTION_hostname, "", "", NULL},
	{OPTION_hostname, "lab-1.example.org", "lab-1.example.org", NULL},
	{OPTION_hostname, "-x", NULL, "is not a host name"},
	{OPTION_hostname, "x-", NULL, "is not a host name"},
	{OPTION_hostname, "a..b", NULL, "is not a host name"},
	{OPTION_hostname, "a_b", NULL, "is not a host name"},
	{OPTION_shell, "/bin/bash", "/bin/bash", NULL},
	{OPTION_shell, "bash", NULL, "begin it with '/'"},
	{OPTION_shell, "/", NULL, "can't be used here"},
	{OPTION_shell, "/bin/../tmp/x", NULL, "has a part '.' or '..'"},
	{OPTION_state, "/var//lib", NULL, "a slash too many"},
	{OPTION_state, "/var/lib/", NULL, "a slash too many"},
	{OPTION_state, "/./x", NULL, "has a part '.' or '..'"},
	{OPTION_state, "/..x/.y", "/..x/.y", NULL},
	{OPTION_users, "alice,bob\t#1001 , carl", "alice, bob, #1001, carl", NULL},
	{OPTION_users, "REALM\\user user@realm", "REALM\\user, user@realm", NULL},
	{OPTION_users, "@staff", NULL, "write 'groups = staff'"},
	{OPTION_users, "1001", NULL, "write #1001"},
	{OPTION_users, "alice # all", NULL, "write ' ;'"},
	{OPTION_users, "#12x", NULL, "uid's digits"},
	{OPTION_users, "#4294967295", NULL, "uid's digits"},
	{OPTION_users, "root", NULL, "never jailed"},
	{OPTION_users, "#0", NULL, "never jailed"},
	{OPTION_users, "#00", NULL, "never jailed"},
	{OPTION_users, "a:b", NULL, "is not a user name"},
	{OPTION_users, "-a", NULL, "is not a user name"},
	{OPTION_users, "*", NULL, "is not a user name"},
	{OPTION_users, " , ", NULL, "names nothing"},
	{OPTION_groups, "@staff", NULL, "needs no '@'"},
	{OPTION_groups, "100", NULL, "not the name of a group"},
	{OPTION_except, "root #0 @staff", "root, #0, @staff", NULL},
	{OPTION_except, "@", NULL, "not the name of a group"},
	{OPTION_except, "@@x", NULL, "not the name of a group"},
	{OPTION_services, "sshd, su-l", "sshd, su-l", NULL},
	{OPTION_services, "../x", NULL, "PAM service"},
	{OPTION_bind, "/a /b:/c", "/a, /b:/c", NULL},
	{OPTION_bind, "/a:/a", "/a", NULL},
	{OPTION_bind, "\"/a b:/c,d\"", "\"/a b\":\"/c,d\"", NULL},
	{OPTION_bind, "a", NULL, "absolute"},
	{OPTION_bind, "/a:b", NULL, "absolute"},
	{OPTION_bind, "/a:", NULL, "absolute"},
	{OPTION_bind, "/a:/b:ro", NULL, "two colons"},
	{OPTION_bind, "/a:/b/../c", NULL, "has a part"},
	{OPTION_bind, "/a:/b//c", NULL, "a slash too many"},
	{OPTION_bind, "/a:/b/", NULL, "a slash too many"},
	{OPTION_mask, "/a,/b", "/a, /b", NULL},
	{OPTION_env, "A=1 B_2=", "A=1 B_2=", NULL},
	{OPTION_env, "A=\"x y\"", "A=\"x y\"", NULL},
	{OPTION_env, "\"A=x y\"", "A=\"x y\"", NULL},
	{OPTION_env, "A=\"say \\\"hi\\\"\" B=a\\b", "A=\"say \\\"hi\\\"\" B=a\\b", NULL},
	{OPTION_env, "A=a,b", "A=\"a,b\"", NULL},
	{OPTION_env, "A=\" \\;x\"", "A=\" \\;x\"", NULL},
	{OPTION_env, "A=\"x", NULL, "is not closed"},
	{OPTION_env, "A", NULL, "write NAME=VALUE"},
	{OPTION_env, "=x", NULL, "write NAME=VALUE"},
	{OPTION_env, "1A=x", NULL, "write NAME=VALUE"},
	{OPTION_env, "A-B=x", NULL, "write NAME=VALUE"},
	{OPTION_env, "A=1 AB=2 A=3", NULL, "'A' is set twice"},
};

static void check_case(size_t i)
{
	enum option_id id = cases[i].id;
	_cleanup_free_ char *printed = NULL;
	struct settings s = {0};
	struct err err = {""};
	int r = option_parse(id, cases[i].text, &s, &err);

	if (cases[i].printed) {
		if (!is_int(r, 0, "%s = %s is right", options[id].name, cases[i].text))
			printf("# %s\n", err.text);
		else if (option_print(id, &s, &printed) == 0)
			is_str(printed, cases[i].printed, "and prints");
	} else {
		ok(r == -EINVAL, "%s = %s is wrong", options[id].name, cases[i].text);
		contains(err.text, cases[i].said, "and is told why");
	}
	settings_clear(&s);
}

static void check_long_list(void)
{
	char text[65 * 4 + 1] = "";
	struct settings s = {0};
	struct err err = {""};
	int i;

	for (i = 0; i < 65; i++)
		strcat(text, "/a, ");
	is_int(option_parse(OPTION_bind, text, &s, &err), -EINVAL, "65 binds are too many");
	contains(err.text, "at most 64", "and that is said");
	settings_clear(&s);
}

static void check_good_items_stay(void)
{
	struct settings s = {0};

	is_int(option_parse(OPTION_except, "adam 99 eve \"x", &s, NULL), -EINVAL, "a bad list");
	is_int(s.except.n, 2, "keeps its good items");
	is_str(s.except.v[1], "eve", "also those after the bad one");
	settings_clear(&s);
}

static void check_nearest(void)
{
	is_str(option_nearest("memroy"), "memory", "nearest of memroy");
	is_str(option_nearest("MEMORY"), "memory", "nearest of MEMORY");
	is_str(option_nearest("mem"), "memory", "nearest of mem");
	is_str(option_nearest("user"), "users", "nearest of user");
	is_str(option_nearest("bind-ro"), "bind_ro", "nearest of bind-ro");
	is_str(option_nearest("exept"), "except", "nearest of exept");
	is_str(option_nearest("frobnicate"), NULL, "nothing is near frobnicate");
	is_str(option_nearest(""), NULL, "nothing is near nothing");
	is_str(option_nearest("a_word_longer_than_any_of_the_table_of_options"), NULL,
	       "nor to a long word");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(i);
	check_long_list();
	check_good_items_stay();
	check_nearest();
	return done_testing();
}
