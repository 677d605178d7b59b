/* See witnessed.h. */
#include "verify/witnessed.h"

#include "base/clock.h"
#include "base/defer.h"
#include "cli/console/local.h"

#define SECOND_US 1000000

enum jk_status jk_witnessed_read(struct jk_cli *cli)
{
    const char *path = jk_options_text(&cli->options, JK_OPTION_TRUST_POLICY);
    struct jk_error why;
    struct jk_span text;
    if (!path || cli->witnessed) return JK_OK;
    struct jk_witnessed *witnessed = jk_arena_zalloc(&cli->arena, 1, sizeof *witnessed);
    if (!witnessed) return jk_out_of_memory(&cli->error);
    jk_error_init(&why, &cli->arena);
    JK_TRY(jk_local_read(path, JK_TRUST_MAX, &cli->arena, &text, &cli->error));
    if (!jk_utf8_valid(text))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is not UTF-8", path);
    if (jk_trust_read(text, &cli->arena, &witnessed->policy, &why) != JK_OK)
        return jk_fail(&cli->error, why.status, "LOCAL_FILE", "%.200s: %s", path, why.message);
    witnessed->path = path;
    cli->witnessed = witnessed;

    const struct jk_trust *policy = witnessed->policy;
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        char type[JK_TRUST_TYPE_TEXT], shown[160];
        if (!policy->witnesses[i].foreign) continue;
        jk_trust_type_text(policy->witnesses[i].type, type);
        jk_text_shorten(jk_span_of(policy->witnesses[i].name), shown, sizeof shown);
        fprintf(cli->err, "jokbo: note: witness %s of %s is ignored: keys of its type (%s) are not known here%s\n",
                shown, cli->witnessed->path, type,
                jk_trust_reachable(policy) ? "" : ", and without them the policy's quorum cannot be reached");
    }
    return JK_OK;
}

void jk_witnessed_keys(const struct jk_witnessed *witnessed, struct jk_span origin, struct jk_keys *out_keys)
{
    struct jk_keys keys = {.from = JK_KEYS_GIVEN, .where = "--trust-policy"};
    const struct jk_trust *policy = witnessed->policy;
    for (uint32_t i = 0; i < policy->log_count && keys.count < JK_KEYS_MAX; i++) {
        if (!jk_span_equal(jk_span_of(policy->logs[i].key.name), origin)) continue;
        keys.until[keys.count] = JK_KEYS_STILL;
        keys.items[keys.count++] = policy->logs[i].key;
    }
    *out_keys = keys;
}

enum jk_status jk_witnessed_check(const struct jk_witnessed *witnessed, struct jk_span note,
                                  const struct jk_verifier *key, struct jk_trust_verdict *out_verdict,
                                  struct jk_error *error)
{
    struct jk_trust cosigners = *witnessed->policy;

    /* the policy's log lines are of other logs only */
    struct jk_span origin = jk_span_of(key->name);
    struct jk_keys keys;
    jk_witnessed_keys(witnessed, origin, &keys);
    if (witnessed->policy->log_count > 0 && keys.count == 0)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_LOG", "the policy names no log \"%s\"", key->name);

    cosigners.log_count = 0; /* whose word the key has is settled */
    return jk_trust_check(&cosigners, note, key, out_verdict, error);
}

static void format_time(uint64_t time_s, char out_text[JK_TIME_TEXT])
{
    jk_time_format(time_s > INT64_MAX / SECOND_US ? 0 : (int64_t)time_s * SECOND_US, out_text);
}

static void list(const struct jk_trust *policy, const struct jk_trust_verdict *verdict, uint32_t which,
                 struct jk_text *out)
{
    const char *comma = "";
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        char time[JK_TIME_TEXT], type[JK_TRUST_TYPE_TEXT];
        if (!(which >> i & 1)) continue;
        format_time(verdict->times_s[i], time);
        jk_trust_type_text(policy->witnesses[i].type, type);
        jk_text_addf(out, "%s%s", comma, policy->witnesses[i].name);
        if (verdict->cosigned >> i & 1) jk_text_addf(out, " (%s)", time);
        if (policy->witnesses[i].foreign) jk_text_addf(out, " (%s)", type);
        comma = ", ";
    }
    if (!comma[0]) jk_text_add_str(out, "nobody");
}

const char *jk_witnessed_text(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict,
                              struct jk_arena *arena)
{
    const struct jk_trust *policy = witnessed->policy;
    uint32_t all = policy->witness_count == 32 ? UINT32_MAX : ((uint32_t)1 << policy->witness_count) - 1;
    uint32_t foreign = jk_trust_foreign(policy), missing = all & ~verdict->cosigned & ~foreign;
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    list(policy, verdict, verdict->cosigned, &text);
    if (missing) {
        jk_text_add_str(&text, "; not: ");
        list(policy, verdict, missing, &text);
    }
    if (foreign) {
        jk_text_add_str(&text, "; keys not known here: ");
        list(policy, verdict, foreign, &text);
    }
    const char *copy = text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
    return copy ? copy : "";
}

json_t *jk_witnessed_json(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict)
{
    const struct jk_trust *policy = witnessed->policy;
    json_t *cosigned = json_array(), *missing = json_array(), *unknown = json_array();
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        const char *name = policy->witnesses[i].name;
        char time[JK_TIME_TEXT], type[JK_TRUST_TYPE_TEXT];
        format_time(verdict->times_s[i], time);
        jk_trust_type_text(policy->witnesses[i].type, type);
        if (verdict->cosigned >> i & 1)
            json_array_append_new(cosigned, json_pack("{s:s, s:s}", "witness", name, "time", time));
        else if (policy->witnesses[i].foreign)
            json_array_append_new(unknown, json_pack("{s:s, s:s}", "witness", name, "type", type));
        else
            json_array_append_new(missing, json_string(name));
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "file", witnessed->path, "cosigned", cosigned, "missing", missing,
                     "unknown", unknown);
}
