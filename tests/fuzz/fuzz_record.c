/* Records from a table that anything may have written: what is taken is written back in one form only, and finds and
 * leaves the directory under its own key. Input: the key, a line feed, the value. */
#include "auth/directory.h"
#include "auth/records.h"
#include "base/check.h"
#include "base/defer.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 20000 /* past the limits of key and value */

static bool write_again(const struct jk_record_facts *facts, struct jk_arena *arena, struct jk_record *out_record)
{
    switch (facts->key.kind) {
    case JK_RECORD_ACCOUNT:
        return jk_record_account(arena, &facts->account, out_record);
    case JK_RECORD_TOKEN:
        return jk_record_token(arena, &facts->token, out_record);
    case JK_RECORD_MEMBER:
        return jk_record_member(arena, &facts->member, out_record);
    case JK_RECORD_CREATOR:
        return jk_record_creator(arena, &facts->creator, out_record);
    case JK_RECORD_REQUEST:
        return jk_record_request(arena, &facts->request, out_record);
    case JK_RECORD_BLOB:
        return jk_record_blob(arena, &facts->blob, out_record);
    case JK_RECORD_HUB_RECORDS:
        return jk_record_hub_records(arena, &facts->hub_records, out_record);
    case JK_RECORD_RULER:
        return jk_record_ruler(arena, &facts->ruler, out_record);
    case JK_RECORD_TEAMS:
        return jk_record_teams(arena, &facts->teams, out_record);
    case JK_RECORD_RENEWAL:
        return jk_record_renewal(arena, &facts->renewal, out_record);
    case JK_RECORD_CLOCK:
        return jk_record_clock(arena, facts->ahead_us, out_record);
    case JK_RECORD_LIFE:
        return jk_record_life(arena, &facts->life, out_record);
    }
    return false;
}

/* Put twice, asked for, dropped: the directory gives back exactly the canonical record, and then nothing. Of a removed blob
 * it keeps nothing, and of several in one record not the record. */
static void try_directory(const struct jk_record *record, const struct jk_record *canonical, bool kept,
                          struct jk_arena *arena)
{
    struct jk_directory *directory = jk_directory_new();
    struct jk_record found;
    struct jk_error error;
    JK_CHECK(directory != NULL);
    jk_error_init(&error, NULL);
    JK_CHECK(jk_directory_put(directory, record, &error) == JK_OK);
    JK_CHECK(jk_directory_put(directory, canonical, &error) == JK_OK);
    JK_CHECK(jk_directory_get_record(directory, record->key, arena, &found) == kept);
    JK_CHECK(!kept || (strcmp(found.key, canonical->key) == 0 && strcmp(found.value, canonical->value) == 0));
    jk_directory_drop(directory, record);
    JK_CHECK(!jk_directory_get_record(directory, record->key, arena, &found));
    jk_directory_free(directory);
}

static void try_record(const struct jk_record *record, struct jk_arena *arena)
{
    struct jk_record_facts facts;
    struct jk_record canonical;
    struct jk_error error;
    jk_error_init(&error, arena);
    enum jk_status status = jk_record_parse(record, &facts, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    JK_CHECK(status == JK_OK || jk_utf8_valid(jk_span_of(error.message)));
    if (status != JK_OK) return;
    JK_CHECK(write_again(&facts, arena, &canonical));
    JK_CHECK(strcmp(canonical.key, record->key) == 0);
    bool removed = facts.key.kind == JK_RECORD_BLOB && facts.blob.state == JK_BLOB_REMOVED;
    bool kept = !removed && facts.key.kind != JK_RECORD_HUB_RECORDS;
    try_directory(record, &canonical, kept, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    JK_CLEANUP(jk_arena_done) struct jk_arena arena;
    struct jk_span value = {(const char *)data, size}, key;
    jk_digest_setup();
    jk_arena_init(&arena, 1 << 20);
    if (size > INPUT_MAX || !jk_span_cut(&value, '\n', &key)) return 0;
    struct jk_record record = {jk_arena_copy(&arena, key.at, key.len), jk_arena_copy(&arena, value.at, value.len)};
    try_record(&record, &arena);
    return 0;
}
