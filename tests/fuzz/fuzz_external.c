/* Names of external models as cards and people write them: what is accepted becomes canonical, which is a fixed point
 * and holds neither "@" nor white space. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/ident.h"
#include "domain/lineage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_canonical(struct jk_span canonical)
{
    JK_CLEANUP(jk_text_done) struct jk_text again = {0}, statement = {0};
    JK_CHECK(canonical.len <= JK_EXTERNAL_MAX && jk_ident_external_fault(canonical) == NULL);
    JK_CHECK(!memchr(canonical.at, '@', canonical.len));
    for (size_t i = 0; i < canonical.len; i++)
        JK_CHECK(canonical.at[i] > ' ' && canonical.at[i] < 0x7f);
    JK_CHECK(jk_ident_external_from(canonical, &again));
    JK_CHECK(jk_span_equal(jk_text_span(&again), canonical));
    jk_text_addf(&statement, "jokbo/lineage/v1\nexternal %.*s\nrevision none\n", JK_SPAN_ARG(canonical));
    struct jk_digest written = jk_statement_hash(jk_text_span(&statement));
    struct jk_digest direct = jk_external_hash(canonical, (struct jk_span){0});
    JK_CHECK(jk_digest_equal(&written, &direct));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};

    jk_digest_setup();
    bool local = jk_ident_is_local_path(input), external = jk_ident_external_from(input, &text);
    JK_CHECK(external ? text.len > 0 : text.len == 0);
    JK_CHECK(!(local && external));
    if (external) check_canonical(jk_text_span(&text));
    return 0;
}
