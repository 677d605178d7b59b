/* The steps of a script about weights: making invented ones in the run's folder, and waiting for what the server says
 * of a release's. While nobody else writes, the waiting gives every play the same log. */
#ifndef JK_DEMO_WEIGHING_H
#define JK_DEMO_WEIGHING_H

#include "demo/run.h"

/* Makes weights in a folder of their own, and keeps that under their name. INVALID_ARGUMENT: there are no weights of the
 * name that they are made from, or some of this name already. */
JK_MUST_USE enum jk_status jk_demo_step_weights(struct jk_demo_play *play, const struct jk_demo_line *line);
/* Returns once the log has the evidence of the model's deciding release, by public sketches and by each attestation that
 * agrees. FAILED_PRECONDITION: the server wrote none for as long as a call may take. */
JK_MUST_USE enum jk_status jk_demo_step_evidence(struct jk_demo_play *play, const struct jk_demo_line *line);
#endif
