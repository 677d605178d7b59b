/* The interface's messages from the book, at a log size. Pure: reads a view, allocates in an arena. */
#ifndef JK_SERVICE_RECORDS_PRESENT_H
#define JK_SERVICE_RECORDS_PRESENT_H

#include "service/records/presented.h"

/* Each returns NULL if the arena is exhausted. */
Jokbo__V1__Publisher *jk_present_publisher(const struct jk_present *present, uint32_t publisher);
Jokbo__V1__Model *jk_present_model(const struct jk_present *present, uint32_t model);
/* Without its deciding release. */
Jokbo__V1__Model *jk_present_model_alone(const struct jk_present *present, uint32_t model);
/* Adds the grades toward the roots that the message has. */
void jk_present_root_grades(const struct jk_present *present, uint32_t model, Jokbo__V1__Model *out);
/* With its statement, byte for byte as hashed. */
Jokbo__V1__Release *jk_present_release(const struct jk_present *present, uint32_t release, bool with_statement);
Jokbo__V1__Root *jk_present_root(const struct jk_present *present, const struct jk_spell *spell);

#endif
