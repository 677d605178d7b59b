/* Names of feeds and of their entries (RFC 4287 wants them to be IRIs, of one thing alone and for ever): tag URIs (RFC 4151)
 * under the log's origin, which names one log, and the day of its first entry:
 *
 *   tag:registry.example.kr,2026-08-01:registry.example.kr/log/teams/upstage/feed.atom
 *
 * The authority is the host with which the origin begins, as on that day; of an origin that begins with none it is one that
 * nobody can have, and what follows tells logs apart. Pure. */
#ifndef JK_WEB_PAGES_ATOM_H
#define JK_WEB_PAGES_ATOM_H

#include "base/text.h"

/* All of it but the path. `began_us`: the time of entry 0. */
void jk_atom_tag(struct jk_span origin, int64_t began_us, struct jk_text *out);
/* A path of the site as it is received, in the one way of writing it. */
void jk_atom_path(struct jk_span path, struct jk_text *out);

#endif
