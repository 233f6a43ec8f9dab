/* SPDX-License-Identifier: MIT */
#include "cli/check_gate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "gate/gate.h"

int check_gate(struct config *config, const struct section *section)
{
	const unsigned line = section->text_line[OPTION_gate];
	struct gate gate;
	struct err err;
	int r;

	if (!section->text[OPTION_gate] || section->settings.gate.kind == GATE_NONE)
		return 0;
	r = gate_make(&gate, &section->settings.gate, -EBADF, &err);
	if (r) {
		gate_close(&gate);
		return config_add_error(config, line, false, "gate: %s", err.text);
	}
	gate_look(&gate);
	/* That user may come yet; and not all can be seen by everybody. */
	if (gate.state == GATE_UNFIT && (section->settings.gate.kind == GATE_PROCESS || geteuid() != 0))
		fprintf(stderr, "%s:%u: warning: gate: %s, ignoring\n", config->path, line, gate.why);
	else if (gate.state == GATE_UNFIT)
		r = config_add_error(config, line, false, "gate: %s", gate.why);
	gate_close(&gate);
	return r;
}
