/* A closed-loop load generator in gRPC core's C API: so many callers, each of which sends its next call when its last one
 * is answered, for a fixed time. Prints one line of JSON: calls a second, latencies in microseconds, failures by code.
 *
 *   bench_load target=HOST:PORT mode=count|echo|register|batch|census|getmodel|readcard|proof [name=value]…
 *
 * seconds=5 warmup=1   connections=8 callers=64   threads=1
 * token=…              sent as a bearer token
 * base=NAME            count: of one base model instead of all; getmodel: which model; readcard: what the card was made from
 * policy=NAME          count: under this policy
 * size=N               count: as of this log size (-1: now); proof: of random entries below it
 * sizes=N              count: as of a random one of the N sizes up to size, so that no two calls ask alike
 * reply=N request=N    echo: bytes of the reply and of the request
 * publisher=NAME prefix=TEXT parents=NAME[,NAME…]   register, batch, census: unique names PUBLISHER/PREFIX-0, …, with a
 *                      request_id
 * items=500            batch, census: derivatives in a call
 * spread=N             register, batch, census: so many models a publisher (PUBLISHER-0, …) instead of all under one
 * calls=N              ends after so many, if the time does not end before
 *
 * The measured time begins after the warm-up; calls in flight at its end are waited for and not counted. */
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "jokbo/v1/evaluation.pb-c.h"
#include "jokbo/v1/log.pb-c.h"
#include "jokbo/v1/registry.pb-c.h"

#define THREADS_MOST 8
#define CALLERS_MOST 1024
#define PARENTS_MOST 8
#define SECONDS_MOST 600
#define ITEMS_MOST   1000
#define CODES        17
#define CALL_LIMIT_S 60

static struct {
    const char *target, *mode, *token, *base, *policy, *publisher, *prefix;
    char *parents[PARENTS_MOST];
    size_t parent_count;
    double seconds, warmup;
    unsigned connections, callers, threads;
    long size;
    unsigned reply, request, items, spread, calls, sizes;
} options = {.mode = "count",
             .publisher = "bench",
             .prefix = "m",
             .seconds = 5,
             .warmup = 1,
             .connections = 8,
             .callers = 64,
             .threads = 1,
             .size = -1,
             .reply = 64,
             .request = 4,
             .items = 500};

static const char *path;
static grpc_slice fixed_request;
static grpc_slice (*make_unique)(void); /* where no two requests are the same */
static atomic_uint next_number, calls_made;
static int64_t measure_from_us, measure_to_us;
static char authorization[512];

struct worker;

struct caller {
    struct worker *worker;
    grpc_channel *channel;
    void *method;
    grpc_call *call;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *request, *reply;
    grpc_status_code code;
    grpc_slice message;
    int64_t started_us;
};

struct worker {
    pthread_t thread;
    grpc_completion_queue *queue;
    struct caller *callers;
    unsigned caller_count;
    uint32_t *latencies; /* us, of the calls that went well */
    size_t count, room;
    unsigned long codes[CODES];
    unsigned long reply_bytes;
    bool told;
};

/* ---- requests ---- */

static grpc_slice pack(const ProtobufCMessage *message)
{
    grpc_slice slice = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    return slice;
}

/* No two alike for long, in an order without a pattern (splitmix64). */
static uint64_t next_random(void)
{
    uint64_t z = (uint64_t)(atomic_fetch_add(&next_number, 1) + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static grpc_slice count_request(void)
{
    Jokbo__V1__CountDerivativesRequest request = JOKBO__V1__COUNT_DERIVATIVES_REQUEST__INIT;
    Jokbo__V1__CountScope scope = JOKBO__V1__COUNT_SCOPE__INIT;
    Jokbo__V1__CountRule rule = JOKBO__V1__COUNT_RULE__INIT;
    Jokbo__V1__AsOf as_of = JOKBO__V1__AS_OF__INIT;
    scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL;
    scope.all = true;
    if (options.base) {
        scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL;
        scope.base_model = (char *)(uintptr_t)options.base;
    }
    request.scope = &scope;
    if (options.size >= 0) {
        as_of.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
        as_of.log_size = options.size;
        if (options.sizes > 0) as_of.log_size -= (int64_t)(next_random() % options.sizes);
        if (as_of.log_size < 0) as_of.log_size = 0;
        request.as_of = &as_of;
    }
    if (options.policy) {
        rule.kind_case = JOKBO__V1__COUNT_RULE__KIND_POLICY;
        rule.policy = (char *)(uintptr_t)options.policy;
        request.rule = &rule;
    }
    return pack(&request.base);
}

static grpc_slice get_request(void)
{
    Jokbo__V1__GetModelRequest request = JOKBO__V1__GET_MODEL_REQUEST__INIT;
    request.name = (char *)(uintptr_t)(options.base ? options.base : "");
    return pack(&request.base);
}

/* Of a model on a hub as most are: a card of 2 kB with front matter, a configuration, and the names of its files. */
#define CARD_BYTES 2048
static grpc_slice read_request(void)
{
    static char card[CARD_BYTES];
    static char config[] =
        "{\"architectures\":[\"Qwen3ForCausalLM\"],\"hidden_size\":4096,\"torch_dtype\":\"bfloat16\"}";
    static const char *const names[] = {".gitattributes", "generation_config.json", "model-00001-of-00002.safetensors",
                                        "model-00002-of-00002.safetensors", "tokenizer.json"};
    enum { CARD, CONFIG, NAMED, FILES = NAMED + sizeof names / sizeof *names };
    Jokbo__V1__ReadCardRequest request = JOKBO__V1__READ_CARD_REQUEST__INIT;
    Jokbo__V1__DeclaredFile files[FILES], *all[FILES];
    int used = snprintf(card, sizeof card,
                        "---\nlanguage:\n- ko\n- en\nlicense: apache-2.0\nlibrary_name: transformers\n"
                        "pipeline_tag: text-generation\ntags:\n- law\n- sft\nbase_model:\n- %s\n"
                        "base_model_relation: finetune\ndatasets:\n- bench/law\n---\n\n# A model of law\n\n",
                        options.base ? options.base : "");
    JK_CHECK(used > 0 && (size_t)used < sizeof card);
    for (size_t at = (size_t)used; at < sizeof card; at++)
        card[at] = at % 80 == 79 ? '\n' : (char)('a' + at % 26);
    for (size_t i = 0; i < FILES; i++) {
        jokbo__v1__declared_file__init(&files[i]);
        if (i >= NAMED) files[i].path = (char *)(uintptr_t)names[i - NAMED];
        all[i] = &files[i];
    }
    files[CARD].path = (char *)(uintptr_t) "README.md";
    files[CARD].content = (ProtobufCBinaryData){sizeof card, (uint8_t *)card};
    files[CONFIG].path = (char *)(uintptr_t) "config.json";
    files[CONFIG].content = (ProtobufCBinaryData){sizeof config - 1, (uint8_t *)config};
    for (size_t i = 0; i < NAMED; i++)
        files[i].size = (int64_t)files[i].content.len;
    request.name = (char *)(uintptr_t) "bench/law";
    request.n_files = FILES;
    request.files = all;
    return pack(&request.base);
}

/* Every index equally often. */
static grpc_slice proof_request(void)
{
    Jokbo__V1__GetInclusionProofRequest request = JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__INIT;
    request.entry_case = JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LOG_INDEX;
    request.log_index = options.size > 0 ? (int64_t)(next_random() % (uint64_t)options.size) : 0;
    return pack(&request.base);
}

static grpc_slice echo_request(void)
{
    unsigned len = options.request < 4 ? 4 : options.request;
    grpc_slice slice = grpc_slice_malloc(len);
    memset(GRPC_SLICE_START_PTR(slice), 1, len);
    for (unsigned i = 0; i < 4; i++)
        GRPC_SLICE_START_PTR(slice)[i] = (uint8_t)(options.reply >> (8 * i));
    return slice;
}

static void write_uuid(char out[37])
{
    unsigned char bytes[16];
    char hex[32];
    jk_random_bytes(bytes, sizeof bytes);
    bytes[6] = (unsigned char)(0x40 | (bytes[6] & 0x0F));
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3F));
    jk_hex_encode(bytes, sizeof bytes, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* One model with all that hangs on it, and the room for it. */
struct model {
    Jokbo__V1__Derivative derivative;
    Jokbo__V1__Parent parents[PARENTS_MOST], *pointers[PARENTS_MOST];
    Jokbo__V1__RegisteredParent named[PARENTS_MOST];
    char name[256], weights[65], artifact[65], text[65];
};

static void add_parents(struct model *model)
{
    for (size_t i = 0; i < options.parent_count; i++) {
        jokbo__v1__registered_parent__init(&model->named[i]);
        jokbo__v1__parent__init(&model->parents[i]);
        model->named[i].name = options.parents[i];
        model->parents[i].kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
        model->parents[i].registered = &model->named[i];
        model->pointers[i] = &model->parents[i];
    }
    model->derivative.n_parents = options.parent_count;
    model->derivative.parents = model->pointers;
}

static void write_name(struct model *model)
{
    unsigned number = atomic_fetch_add(&next_number, 1);
    if (options.spread)
        snprintf(model->name, sizeof model->name, "%s-%u/%s-%u", options.publisher, number / options.spread,
                 options.prefix, number);
    else
        snprintf(model->name, sizeof model->name, "%s/%s-%u", options.publisher, options.prefix, number);
}

/* As a pipeline would send it: with digests of everything. */
static void make_model(struct model *model)
{
    unsigned char bytes[32];
    *model = (struct model){.derivative = JOKBO__V1__DERIVATIVE__INIT};
    jk_random_bytes(bytes, sizeof bytes);
    jk_hex_encode(bytes, sizeof bytes, model->weights);
    bytes[0] ^= 1;
    jk_hex_encode(bytes, sizeof bytes, model->artifact);
    memset(model->text, 'a', 64);
    write_name(model);
    add_parents(model);
    model->derivative.name = model->name;
    model->derivative.version = (char *)(uintptr_t) "1.0";
    model->derivative.relation =
        options.parent_count > 1 ? JOKBO__V1__RELATION__RELATION_MERGE : JOKBO__V1__RELATION__RELATION_FINETUNE;
    model->derivative.license = (char *)(uintptr_t) "Apache-2.0";
    model->derivative.license_text_sha256 = model->text;
    model->derivative.artifact_sha256 = model->artifact;
    model->derivative.weights_sha256 = model->weights;
}

static grpc_slice register_request(void)
{
    Jokbo__V1__RegisterDerivativeRequest request = JOKBO__V1__REGISTER_DERIVATIVE_REQUEST__INIT;
    struct model model;
    char uuid[37];
    make_model(&model);
    write_uuid(uuid);
    request.derivative = &model.derivative;
    request.request_id = uuid;
    return pack(&request.base);
}

static grpc_slice batch_request(void)
{
    Jokbo__V1__BatchRegisterDerivativesRequest request = JOKBO__V1__BATCH_REGISTER_DERIVATIVES_REQUEST__INIT;
    struct model *models = calloc(options.items, sizeof *models);
    Jokbo__V1__Derivative **derivatives = calloc(options.items, sizeof *derivatives);
    char uuid[37];
    JK_CHECK(models && derivatives);
    for (unsigned i = 0; i < options.items; i++) {
        make_model(&models[i]);
        derivatives[i] = &models[i].derivative;
    }
    write_uuid(uuid);
    request.n_derivatives = options.items;
    request.derivatives = derivatives;
    request.request_id = uuid;
    grpc_slice packed = pack(&request.base);
    free(derivatives);
    free(models);
    return packed;
}

/* ---- a census: what a hub says of a model in ten files, four of them weights ---- */

#define RECORD_ROOM 2560

struct seen {
    Jokbo__V1__CensusStep step;
    Jokbo__V1__CensusPresent present;
    struct model model;
    char record[RECORD_ROOM], version[17];
};

/* `hex`: of the model; each of its files has another digest. */
static void add_file(struct jk_text *out, const char *name, bool large, size_t number, const char *hex)
{
    jk_text_add_str(out, number == 0 ? "{" : ",{");
    if (large) jk_text_addf(out, "\"lfs\":{\"sha256\":\"%.62s%02zx\",\"size\":4976698672},", hex, number);
    jk_text_addf(out, "\"rfilename\":\"%s\"", name);
    if (!large) jk_text_add_str(out, ",\"size\":1871");
    jk_text_add_char(out, '}');
}

/* By registry/formats/record.md. */
static void write_record(struct seen *seen)
{
    static const struct {
        const char *name;
        bool large;
    } files[] = {{".gitattributes", false},
                 {"README.md", false},
                 {"config.json", false},
                 {"generation_config.json", false},
                 {"model-00001-of-00004.safetensors", true},
                 {"model-00002-of-00004.safetensors", true},
                 {"model-00003-of-00004.safetensors", true},
                 {"model-00004-of-00004.safetensors", true},
                 {"model.safetensors.index.json", false},
                 {"tokenizer.json", true}};
    struct jk_text text;
    jk_text_init(&text, RECORD_ROOM - 1);
    jk_text_addf(&text,
                 "{\"_id\":\"%.24s\",\"cardData\":{\"base_model\":\"%s\",\"license\":\"apache-2.0\"},"
                 "\"createdAt\":\"2026-03-04T05:06:07.000000Z\",\"disabled\":false,\"gated\":false,\"id\":\"%s\","
                 "\"lastModified\":\"2026-04-05T06:07:08.000000Z\",\"private\":false,\"sha\":\"%.40s\",\"siblings\":[",
                 seen->model.weights, options.parents[0], seen->model.name, seen->model.artifact);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        add_file(&text, files[i].name, files[i].large, i, seen->model.weights);
    jk_text_addf(&text,
                 "],\"tags\":[\"base_model:%s\",\"base_model:finetune:%s\",\"license:apache-2.0\",\"transformers\","
                 "\"safetensors\",\"text-generation\",\"conversational\",\"ko\",\"region:us\"]}",
                 options.parents[0], options.parents[0]);
    JK_CHECK(!text.failed);
    memcpy(seen->record, text.bytes, text.len);
    seen->present.record = (ProtobufCBinaryData){text.len, (uint8_t *)seen->record};
    jk_text_done(&text);
}

static void make_seen(struct seen *seen)
{
    jokbo__v1__census_step__init(&seen->step);
    jokbo__v1__census_present__init(&seen->present);
    make_model(&seen->model);
    write_record(seen);
    snprintf(seen->version, sizeof seen->version, "hub-%.12s", seen->model.artifact);
    seen->model.derivative.version = seen->version;
    seen->model.derivative.license_text_sha256 = seen->model.derivative.artifact_sha256 =
        seen->model.derivative.weights_sha256 = (char *)(uintptr_t)protobuf_c_empty_string;
    seen->present.derivative = &seen->model.derivative;
    seen->step.state_case = JOKBO__V1__CENSUS_STEP__STATE_PRESENT;
    seen->step.present = &seen->present;
}

static grpc_slice census_request(void)
{
    Jokbo__V1__RecordCensusRequest request = JOKBO__V1__RECORD_CENSUS_REQUEST__INIT;
    struct seen *all = calloc(options.items, sizeof *all);
    Jokbo__V1__CensusStep **steps = calloc(options.items, sizeof *steps);
    char uuid[37];
    JK_CHECK(all && steps && options.parent_count > 0);
    for (unsigned i = 0; i < options.items; i++) {
        make_seen(&all[i]);
        steps[i] = &all[i].step;
    }
    write_uuid(uuid);
    request.hub = (char *)(uintptr_t) "huggingface.co";
    request.n_steps = options.items;
    request.steps = steps;
    request.request_id = uuid;
    grpc_slice packed = pack(&request.base);
    free(steps);
    free(all);
    return packed;
}

static void choose_mode(void)
{
    if (strcmp(options.mode, "count") == 0) {
        path = "/jokbo.v1.Evaluation/CountDerivatives";
        if (options.sizes > 0) make_unique = count_request;
        fixed_request = count_request();
    } else if (strcmp(options.mode, "getmodel") == 0) {
        path = "/jokbo.v1.Registry/GetModel";
        fixed_request = get_request();
    } else if (strcmp(options.mode, "readcard") == 0) {
        path = "/jokbo.v1.Registry/ReadCard";
        fixed_request = read_request();
    } else if (strcmp(options.mode, "proof") == 0) {
        path = "/jokbo.v1.Log/GetInclusionProof";
        make_unique = proof_request;
        fixed_request = grpc_empty_slice();
    } else if (strcmp(options.mode, "echo") == 0) {
        path = "/bench.Echo/Echo";
        fixed_request = echo_request();
    } else if (strcmp(options.mode, "census") == 0) {
        path = "/jokbo.v1.Registry/RecordCensus";
        make_unique = census_request;
        fixed_request = grpc_empty_slice();
    } else {
        bool batch = strcmp(options.mode, "batch") == 0;
        path = batch ? "/jokbo.v1.Registry/BatchRegisterDerivatives" : "/jokbo.v1.Registry/RegisterDerivative";
        make_unique = batch ? batch_request : register_request;
        fixed_request = grpc_empty_slice();
    }
}

/* ---- calls ---- */

static void make_request(struct caller *caller)
{
    grpc_slice slice = make_unique ? make_unique() : grpc_slice_ref(fixed_request);
    caller->request = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
}

static void start_call(struct caller *caller)
{
    gpr_timespec limit = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(CALL_LIMIT_S, GPR_TIMESPAN));
    grpc_metadata header = {.key = grpc_slice_from_static_string("authorization"),
                            .value = grpc_slice_from_static_string(authorization)};
    grpc_op ops[6] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},  {.op = GRPC_OP_SEND_MESSAGE},
                      {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT}, {.op = GRPC_OP_RECV_INITIAL_METADATA},
                      {.op = GRPC_OP_RECV_MESSAGE},           {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    make_request(caller);
    grpc_metadata_array_init(&caller->initial);
    grpc_metadata_array_init(&caller->trailing);
    ops[0].data.send_initial_metadata.count = authorization[0] ? 1 : 0;
    ops[0].data.send_initial_metadata.metadata = &header;
    ops[1].data.send_message.send_message = caller->request;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &caller->initial;
    ops[4].data.recv_message.recv_message = &caller->reply;
    ops[5].data.recv_status_on_client.trailing_metadata = &caller->trailing;
    ops[5].data.recv_status_on_client.status = &caller->code;
    ops[5].data.recv_status_on_client.status_details = &caller->message;
    caller->started_us = jk_monotonic_us();
    caller->call = grpc_channel_create_registered_call(caller->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                                       caller->worker->queue, caller->method, limit, NULL);
    JK_CHECK(grpc_call_start_batch(caller->call, ops, 6, caller, NULL) == GRPC_CALL_OK);
}

static void note_latency(struct worker *worker, int64_t us)
{
    if (worker->count == worker->room) {
        worker->room = worker->room ? worker->room * 2 : 1u << 16;
        worker->latencies = realloc(worker->latencies, worker->room * sizeof *worker->latencies);
        JK_CHECK(worker->latencies != NULL);
    }
    worker->latencies[worker->count++] = (uint32_t)us;
}

static void tell_failure(struct caller *caller)
{
    if (caller->worker->told) return;
    caller->worker->told = true;
    fprintf(stderr, "bench_load: code %d: %.*s\n", (int)caller->code, (int)GRPC_SLICE_LENGTH(caller->message),
            (const char *)GRPC_SLICE_START_PTR(caller->message));
}

static void account(struct caller *caller, int64_t now_us)
{
    struct worker *worker = caller->worker;
    if (now_us < measure_from_us || now_us > measure_to_us) return;
    worker->codes[(unsigned)caller->code < CODES ? caller->code : GRPC_STATUS_UNKNOWN]++;
    if (caller->code == GRPC_STATUS_OK) {
        note_latency(worker, now_us - caller->started_us);
        if (caller->reply) worker->reply_bytes = grpc_byte_buffer_length(caller->reply);
    } else {
        tell_failure(caller);
    }
}

static void end_call(struct caller *caller)
{
    if (caller->reply) grpc_byte_buffer_destroy(caller->reply);
    caller->reply = NULL;
    grpc_byte_buffer_destroy(caller->request);
    grpc_metadata_array_destroy(&caller->initial);
    grpc_metadata_array_destroy(&caller->trailing);
    grpc_slice_unref(caller->message);
    grpc_call_unref(caller->call);
}

static bool may_call(void)
{
    return !options.calls || atomic_fetch_add(&calls_made, 1) < options.calls;
}

static void *work(void *context)
{
    struct worker *worker = context;
    unsigned flying = worker->caller_count;
    for (unsigned i = 0; i < worker->caller_count; i++) {
        if (may_call())
            start_call(&worker->callers[i]);
        else
            flying--;
    }
    while (flying > 0) {
        grpc_event event = grpc_completion_queue_next(worker->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        JK_CHECK(event.type == GRPC_OP_COMPLETE);
        struct caller *caller = event.tag;
        int64_t now_us = jk_monotonic_us();
        account(caller, now_us);
        end_call(caller);
        if (now_us < measure_to_us && may_call())
            start_call(caller);
        else
            flying--;
    }
    return NULL;
}

/* ---- workers ---- */

static grpc_channel *connect_one(void)
{
    grpc_arg args[] = {
        {.type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, .value.integer = 1},
        {.type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_ENABLE_RETRIES, .value.integer = 0}};
    grpc_channel_args all = {2, args};
    grpc_channel_credentials *insecure = grpc_insecure_credentials_create();
    grpc_channel *channel = grpc_channel_create(options.target, insecure, &all);
    grpc_channel_credentials_release(insecure);
    return channel;
}

static grpc_channel *channels[CALLERS_MOST];

/* Connections and callers are dealt out; a connection belongs to one worker. */
static void set_up(struct worker *workers)
{
    static struct caller callers[CALLERS_MOST];
    void *methods[CALLERS_MOST];
    unsigned used = 0;
    for (unsigned i = 0; i < options.connections; i++) {
        channels[i] = connect_one();
        methods[i] = grpc_channel_register_call(channels[i], path, NULL, NULL);
    }
    for (unsigned w = 0; w < options.threads; w++) {
        workers[w].queue = grpc_completion_queue_create_for_next(NULL);
        workers[w].callers = &callers[used];
        for (unsigned i = w; i < options.callers; i += options.threads) {
            unsigned channel = i % options.connections;
            callers[used++] =
                (struct caller){.worker = &workers[w], .channel = channels[channel], .method = methods[channel]};
        }
        workers[w].caller_count = (unsigned)(&callers[used] - workers[w].callers);
    }
}

/* Nothing is under way any more. */
static void tear_down(struct worker *workers)
{
    for (unsigned i = 0; i < options.connections; i++)
        grpc_channel_destroy(channels[i]);
    for (unsigned w = 0; w < options.threads; w++) {
        grpc_completion_queue_shutdown(workers[w].queue);
        while (grpc_completion_queue_next(workers[w].queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL).type !=
               GRPC_QUEUE_SHUTDOWN)
            continue;
        grpc_completion_queue_destroy(workers[w].queue);
        free(workers[w].latencies);
    }
    grpc_slice_unref(fixed_request);
    grpc_shutdown_blocking();
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t percentile(const uint32_t *sorted, size_t count, double share)
{
    return count ? sorted[(size_t)((double)(count - 1) * share)] : 0;
}

static void print(struct worker *workers)
{
    size_t count = 0, at = 0, failed = 0;
    unsigned long reply_bytes = 0;
    double seconds = (double)(measure_to_us - measure_from_us) / 1e6;
    for (unsigned w = 0; w < options.threads; w++)
        count += workers[w].count;
    uint32_t *all = malloc((count + 1) * sizeof *all);
    JK_CHECK(all != NULL);
    for (unsigned w = 0; w < options.threads; w++) {
        memcpy(all + at, workers[w].latencies, workers[w].count * sizeof *all);
        at += workers[w].count;
        if (workers[w].reply_bytes > reply_bytes) reply_bytes = workers[w].reply_bytes;
        for (int code = 1; code < CODES; code++)
            failed += workers[w].codes[code];
    }
    qsort(all, count, sizeof *all, by_value);
    printf(
        "{\"mode\": \"%s\", \"rate\": %.0f, \"calls\": %zu, \"failed\": %zu, \"reply_bytes\": %lu, \"request_bytes\": "
        "%zu, \"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
        options.mode, (double)count / seconds, count, failed, reply_bytes, GRPC_SLICE_LENGTH(fixed_request),
        percentile(all, count, 0.5), percentile(all, count, 0.9), percentile(all, count, 0.99),
        percentile(all, count, 1));
    free(all);
}

/* ---- options ---- */

static void split_parents(char *list)
{
    for (char *name = strtok(list, ","); name && options.parent_count < PARENTS_MOST; name = strtok(NULL, ","))
        options.parents[options.parent_count++] = name;
}

static unsigned bounded(const char *text, unsigned most)
{
    unsigned long value = strtoul(text, NULL, 10);
    return value < 1 ? 1 : value > most ? most : (unsigned)value;
}

static void read_option(const char *name, char *value)
{
    const struct {
        const char *name, **text;
    } texts[] = {{"target", &options.target}, {"mode", &options.mode},     {"token", &options.token},
                 {"base", &options.base},     {"prefix", &options.prefix}, {"publisher", &options.publisher},
                 {"policy", &options.policy}};
    const struct {
        const char *name;
        unsigned *number, most;
    } numbers[] = {{"connections", &options.connections, CALLERS_MOST},
                   {"callers", &options.callers, CALLERS_MOST},
                   {"threads", &options.threads, THREADS_MOST},
                   {"reply", &options.reply, 1u << 20},
                   {"request", &options.request, 1u << 20},
                   {"items", &options.items, ITEMS_MOST},
                   {"spread", &options.spread, 1u << 20},
                   {"calls", &options.calls, 1u << 30},
                   {"sizes", &options.sizes, 1u << 30}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) *texts[i].text = value;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name, numbers[i].name) == 0) *numbers[i].number = bounded(value, numbers[i].most);
    if (strcmp(name, "seconds") == 0) options.seconds = strtod(value, NULL);
    if (strcmp(name, "warmup") == 0) options.warmup = strtod(value, NULL);
    if (strcmp(name, "size") == 0) options.size = strtol(value, NULL, 10);
    if (strcmp(name, "parents") == 0) split_parents(value);
}

int main(int argc, char **argv)
{
    struct worker workers[THREADS_MOST] = {{0}};
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) continue;
        *value = '\0';
        read_option(argv[i], value + 1);
    }
    if (!options.target || options.seconds <= 0 || options.seconds > SECONDS_MOST) {
        fprintf(stderr, "bench_load: give target=HOST:PORT and at most %d seconds\n", SECONDS_MOST);
        return 2;
    }
    if (options.connections > options.callers) options.connections = options.callers;
    if (options.threads > options.connections) options.threads = options.connections;
    if (options.token) snprintf(authorization, sizeof authorization, "Bearer %s", options.token);
    grpc_init();
    choose_mode();
    set_up(workers);
    measure_from_us = jk_monotonic_us() + (int64_t)(options.warmup * 1e6);
    measure_to_us = measure_from_us + (int64_t)(options.seconds * 1e6);
    for (unsigned w = 0; w < options.threads; w++)
        JK_CHECK(pthread_create(&workers[w].thread, NULL, work, &workers[w]) == 0);
    for (unsigned w = 0; w < options.threads; w++)
        pthread_join(workers[w].thread, NULL);
    print(workers);
    tear_down(workers);
    return 0;
}
