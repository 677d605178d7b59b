/* Places for manifests, lists and challenge texts that are being uploaded, shared out by account. Where all are taken, an upload that comes too
 * slowly, or is one of several of its account, gives its place up to an account that has fewer: so nobody keeps others
 * out by sending little by little. Thread-safe. */
#ifndef JK_SERVICE_RECORDS_UPLOADS_H
#define JK_SERVICE_RECORDS_UPLOADS_H

#include "service/call/callers.h"

struct jk_uploads;

/* One upload's, in its call's state. All zero: it has none. */
struct jk_upload_place {
    struct jk_call *call;
    struct jk_upload_place *next;
    uint64_t received; /* bytes */
    int64_t begun_ms;
    unsigned key;
    bool held, coming; /* it has a place; bytes are still to come */
};

/* NULL: out of memory. */
struct jk_uploads *jk_uploads_new(void);
void jk_uploads_free(struct jk_uploads *uploads); /* accepts NULL; nobody has a place any more */
/* RESOURCE_EXHAUSTED (UPLOADS_BUSY) where none is free, and none is given up. */
JK_MUST_USE enum jk_status jk_uploads_enter(struct jk_uploads *uploads, struct jk_call *call,
                                            struct jk_upload_place *place, struct jk_error *error);
/* Tells how many bytes have come, and until when the next have to come (call->due_ms, unless it is 0). RESOURCE_EXHAUSTED
 * where the place went to another. */
JK_MUST_USE enum jk_status jk_uploads_go_on(struct jk_uploads *uploads, struct jk_upload_place *place,
                                            uint64_t received, int64_t due_ms, struct jk_error *error);
/* All bytes have come: the place stays its own to the end. Errors as for jk_uploads_go_on. */
JK_MUST_USE enum jk_status jk_uploads_arrived(struct jk_uploads *uploads, struct jk_upload_place *place,
                                              struct jk_error *error);
void jk_uploads_leave(struct jk_uploads *uploads, struct jk_upload_place *place);

#endif
