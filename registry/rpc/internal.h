/* What the files of this folder share: the server, its queues, and the call underlying struct jk_call. Internal to the
 * folder. Threads: see each field. */
#ifndef JK_RPC_INTERNAL_H
#define JK_RPC_INTERNAL_H

#include <grpc/grpc.h>
#include <pthread.h>

#include "base/address.h"
#include "base/doorman.h"
#include "rpc/janitor.h"
#include "rpc/server.h"

#define JK_RPC_CALL_MAGIC 0x4a4b5243u
#define JK_RPC_TAG_MAGIC  0x4a4b5254u
#define JK_RPC_ROWS       (JK_RPC_METHODS + 5) /* and health and reflection */
#define JK_RPC_SLOW_MOST  128 /* calls that have waited for a message of their client for half a second */

struct jk_rpc_call;
struct jk_rpc_health;
struct jk_rpc_reflection;
struct jk_rpc_certificates;

/* A method as this folder serves it. */
struct jk_rpc_row {
    const struct jk_method *method; /* NULL: the row for unknown methods */
    jk_call_fn *start;              /* runs on the rpc thread that got the call */
    void *registered;               /* gRPC's handle */
    unsigned posted;                /* requests kept waiting in each queue */
    bool apart;                     /* bound to the queue for long-lived streams */
    bool health;                    /* is answered in a crowd, too */
    bool endless;                   /* idles at the client's pleasure: no ceiling, and ended when draining begins */
    /* Runs when the client is gone or the call is over, on the thread of the call's queue. May be NULL. */
    void (*on_close)(struct jk_rpc_call *call);
};

/* A completion queue and its thread. */
struct jk_rpc_queue {
    struct jk_rpc_server *server;
    grpc_completion_queue *queue;
    pthread_t thread;
    bool running;
    uint64_t random; /* state for request ids; the thread's own */
    int64_t next_sweep_ms;
    atomic_uint slow;      /* calls that the last sweep found waiting for their messages; the thread's own to change */
    pthread_mutex_t mutex; /* guards what follows */
    struct jk_rpc_call *live; /* calls that arrived here, wherever they are now */
    struct jk_rpc_call *idle; /* objects for further calls */
    size_t idle_count;
    struct jk_rpc_call *ended, *last_ended; /* concluded by other threads, to be sent by ours; first in, first out */
};

struct jk_rpc_server {
    struct jk_rpc_options options; /* defaults filled in */
    struct jk_address address;
    grpc_server *grpc;
    grpc_resource_quota *quota;
    struct jk_doorman *doorman;
    struct jk_janitor *janitor;
    struct jk_rpc_certificates *certificates; /* NULL without TLS */
    struct jk_rpc_queue queues[8];
    unsigned queue_count;
    struct jk_rpc_queue apart;
    grpc_completion_queue *stopping; /* only for the end of the server */
    struct jk_rpc_row rows[JK_RPC_ROWS];
    size_t row_count;
    struct jk_rpc_row unknown;
    struct jk_rpc_health *health;
    struct jk_rpc_reflection *reflection;
    pthread_t prober;
    pthread_mutex_t probe_mutex;
    pthread_cond_t probe_wake;
    bool probing; /* under probe_mutex */
    bool started;
    bool drained;
    atomic_bool draining; /* calls that come now are told to go elsewhere */
    atomic_bool closing;  /* no more requests are posted */
    atomic_size_t turned_away;
    atomic_size_t posted; /* requests that wait for a call */
    atomic_size_t calls;  /* calls that are not over */
};

enum jk_rpc_event { JK_RPC_ARRIVED, JK_RPC_CLOSED, JK_RPC_DONE, JK_RPC_NUDGED };

/* What crosses gRPC as a void *. */
struct jk_rpc_tag {
    unsigned magic;
    enum jk_rpc_event event;
    struct jk_rpc_call *call;
};

enum jk_rpc_state { JK_RPC_POSTED, JK_RPC_OPEN, JK_RPC_AWAITING, JK_RPC_SENDING, JK_RPC_RECEIVING, JK_RPC_ENDING };

/* What a call waits for that only its client can do, and why the server ended it. */
enum jk_rpc_wait { JK_RPC_WAITS_NOT, JK_RPC_WAITS_FIRST, JK_RPC_WAITS_NEXT, JK_RPC_WAITS_READER, JK_RPC_WAITS };
enum jk_rpc_cut { JK_RPC_CUT_NOT, JK_RPC_CUT_LATE, JK_RPC_CUT_SILENT, JK_RPC_CUT_UNREAD, JK_RPC_CUTS };

struct jk_rpc_call {
    struct jk_call call; /* first: services hold a pointer to it */
    unsigned magic;
    struct jk_rpc_server *server;
    struct jk_rpc_queue *home; /* where it was posted; owner of the object */
    struct jk_rpc_row *row;
    struct jk_rpc_call *next, *previous; /* in home->live or home->idle */
    struct jk_rpc_call *next_ended;      /* in home->ended */
    struct jk_rpc_tag arrived, closed, done, nudged;
    grpc_call *grpc;
    grpc_call_details details; /* of unknown methods */
    grpc_metadata_array metadata;
    grpc_byte_buffer *message;  /* received, not decoded yet */
    grpc_byte_buffer *outgoing; /* being sent */
    grpc_metadata trailers[2];
    size_t trailer_count;
    gpr_timespec deadline;
    int was_cancelled;
    enum jk_status status;   /* how it ended */
    enum jk_rpc_state state; /* the worker's; the queue's thread while a batch is in flight */
    jk_call_fn *then;
    bool greeted; /* initial metadata went out */
    bool beginning,
        together;   /* in begin(), which may end it at once; and so it did, with the close in the same batch */
    bool broken;    /* the batch in flight could not be started */
    bool single;    /* there is at most one authorization */
    bool heard;     /* a message came */
    unsigned guest; /* the doorman's */
    size_t held;    /* bytes that he counts for it */
    atomic_int cut; /* enum jk_rpc_cut; set under home->mutex */
    atomic_int_least64_t waits; /* since when in ms, times JK_RPC_WAITS, and enum jk_rpc_wait */
    atomic_uint holds;          /* the worker or its batch, and the close */
    atomic_uint handed;
};

/* A call goes to gRPC with a batch and comes back with its tag, often on another thread. gRPC orders the two; these say
 * the same where a race checker can see it, which does not look into the library. */
static inline void jk_rpc_hand_over(struct jk_rpc_call *call)
{
    atomic_fetch_add_explicit(&call->handed, 1, memory_order_release);
}

static inline void jk_rpc_take_back(struct jk_rpc_call *call)
{
    (void)atomic_load_explicit(&call->handed, memory_order_acquire);
}

static inline struct jk_rpc_call *jk_rpc_call_of(struct jk_call *call)
{
    return (struct jk_rpc_call *)call;
}

/* queue.c */
bool jk_rpc_queue_open(struct jk_rpc_queue *queue, struct jk_rpc_server *server, grpc_cq_polling_type polling);
bool jk_rpc_queue_run(struct jk_rpc_queue *queue); /* starts the thread */
/* After the last event, never before: a batch or a request on a queue that was shut down aborts the process. */
void jk_rpc_queue_stop(struct jk_rpc_queue *queue);    /* shuts down, drains, joins; accepts one never opened */
void jk_rpc_queue_destroy(struct jk_rpc_queue *queue); /* the same; after the server is gone */
void jk_rpc_post_all(struct jk_rpc_queue *queue);
void jk_rpc_queue_end_streams(struct jk_rpc_queue *queue);
void jk_rpc_queue_trim(struct jk_rpc_queue *queue); /* frees objects that only a crowd needs; any thread */
/* For call.c: an object to post, and its way back. */
void jk_rpc_post(struct jk_rpc_queue *queue, struct jk_rpc_row *row);
void jk_rpc_queue_adopt(struct jk_rpc_queue *queue, struct jk_rpc_call *call); /* into `live` */
void jk_rpc_queue_recycle(struct jk_rpc_queue *queue, struct jk_rpc_call *call, bool was_live);
bool jk_rpc_queue_is_here(const struct jk_rpc_queue *queue); /* do we run on its thread? */
/* Has the queue's thread send the call's end. */
void jk_rpc_queue_end(struct jk_rpc_queue *queue, struct jk_rpc_call *call);
/* On the queue's thread, at a nudge: some calls to send the end of, linked by next_ended. */
struct jk_rpc_call *jk_rpc_queue_take_ended(struct jk_rpc_queue *queue);

/* entrance.c */
void jk_rpc_read_headers(
    struct jk_rpc_call *call); /* request_id, authorization (as long as the gRPC call lives), single */
/* By its headers alone. Whatever the answer, the doorman counts the call until it leaves. */
JK_MUST_USE enum jk_status jk_rpc_let_in(struct jk_rpc_call *call);
/* Always fails. */
enum jk_status jk_rpc_too_much_unread(struct jk_rpc_call *call, enum jk_doorman_word word);
void jk_rpc_call_peer(struct jk_call *call, struct jk_peer *out_peer);

/* sweep.c */
void jk_rpc_sweep(struct jk_rpc_queue *queue, int64_t now_ms); /* on the queue's thread */

/* call.c */
extern const struct jk_call_ops jk_rpc_ops;
void jk_rpc_call_event(struct jk_rpc_tag *tag, bool success);

#endif
