/* Witnesses as a third clock: what closing asks of them. Provided by main, which knows them; any thread. */
#ifndef JK_CLOSING_WITNESSED_H
#define JK_CLOSING_WITNESSED_H

#include <stdbool.h>
#include <stdint.h>

struct jk_witnessed {
    bool quorum_wanted;     /* the policy requires one */
    bool quorum, witnessed; /* a quorum, or any one, of them cosigned with this time or a later one */
};

struct jk_closing_witnesses {
    void *context;
    void (*look)(void *context, int64_t since_us, struct jk_witnessed *out);
    /* Asks them to cosign the newest checkpoint again, in the background. */
    void (*ask)(void *context);
};

#endif
