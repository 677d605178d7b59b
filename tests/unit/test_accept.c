/* The headers by which a client says what it takes: lists with weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "http/accept.h"

/* Each member as "name weight", with a bar after it. */
static void members_are(const char *header, const char *wanted)
{
    char found[256] = "";
    struct jk_span rest = jk_span_of(header);
    struct jk_accepted member;
    size_t len = 0;
    while (jk_accept_next(&rest, &member))
        len += (size_t)snprintf(found + len, sizeof found - len, "%.*s %d|", JK_SPAN_ARG(member.name), member.weight);
    if (strcmp(found, wanted) != 0) fail_msg("%s is %s, not %s", header, found, wanted);
}

static void test_lists(void **state)
{
    (void)state;
    members_are("", "");
    members_are(" , ,;q=1,", "");
    members_are("gzip", "gzip 1000|");
    members_are("a;q=0.5 ,\tb ; q=0.25,c;Q=1", "a 500|b 250|c 1000|");
    members_are("a;q=0, b;q=0., c;q=0.0, d;q=0.000, e;q=1., f;q=1.000, g;q=0.001",
                "a 0|b 0|c 0|d 0|e 1000|f 1000|g 1|");
    members_are("text/csv;header=absent;q=0.3;x=1", "text/csv 300|");
    members_are("text/csv;x=\"a,b;q=0\\\",\";q=0.3, c", "text/csv 300|c 1000|");
    members_are("a;x=\"open;q=0, b", "a 1000|");
    members_are("a;x=\"\\", "a 1000|");
}

static void test_what_breaks_the_grammar_is_ignored(void **state)
{
    (void)state;
    members_are("a;q=2, b;q=1.001, c;q=0.1234, d;q=-1, e;q=, f;q=x, g;q=.5, h;q=01, i;q=0,5", "i 0|5 1000|");
    members_are("a;q=0.5x, b;q=\"1\", c;q= 1, d;q=1 1, e;q=1e0, f", "f 1000|");
}

static void csv_rather_than_json(bool csv, const char *header)
{
    bool found = jk_accept_prefers(jk_span_of(header), JK_SPAN("text/csv"), JK_SPAN("application/json"));
    if (found != csv) fail_msg("%s gets %s", header, found ? "CSV" : "JSON");
}

static void test_types(void **state)
{
    (void)state;
    static const char *const csv[] = {"text/csv",
                                      "TEXT/CSV;q=0.1",
                                      "text/csv, application/json;q=0.5",
                                      "application/json;q=0.5, text/csv;q=0.501",
                                      "text/csv, */*",
                                      "*/*, text/csv;header=present",
                                      "text/*",
                                      "text/*;q=0.5, */*;q=0.1",
                                      "application/json;q=0, */*;q=0.1",
                                      "application/*;q=0, */*",
                                      "text/csv;q=0.1, text/csv;q=0.9, application/json;q=0.5"};
    static const char *const json[] = {"",
                                       "*/*",
                                       "text/csv;q=0",
                                       "text/csv;q=0.000",
                                       "text/csv;q=0.1, application/json",
                                       "text/csv, application/json",
                                       "text/csv;q=0.5, */*",
                                       "text/csv;q=0, */*",
                                       "text/csv;q=0, text/*, */*;q=0.1",
                                       "text/csv;q=2",
                                       "text/csvs",
                                       "text",
                                       "*",
                                       "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"};
    for (size_t i = 0; i < sizeof csv / sizeof *csv; i++)
        csv_rather_than_json(true, csv[i]);
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        csv_rather_than_json(false, json[i]);
}

static void coding_is(enum jk_accept_coding wanted, const char *header)
{
    enum jk_accept_coding found = jk_accept_coding(jk_span_of(header));
    if (found != wanted) fail_msg("%s: %d, not %d", header, (int)found, (int)wanted);
}

static void test_codings(void **state)
{
    (void)state;
    static const char *const gzip[] = {"gzip",
                                       "GZIP",
                                       "x-gzip",
                                       "deflate, gzip;q=0.5",
                                       "*",
                                       "br;q=1, *;q=0.1",
                                       "gzip;q=1.000",
                                       "gzip ; q=0.001",
                                       "*;q=0.5, gzip",
                                       "identity;q=0.5, gzip",
                                       "gzip, identity"};
    static const char *const plain[] = {"",
                                        "identity",
                                        "gzip;q=0",
                                        "gzip; q=0.000",
                                        "*;q=0",
                                        "gzip;q=0, *",
                                        "br",
                                        "gzipped",
                                        "gzip;Q=0.0",
                                        "gzip;q=0.5, identity",
                                        "gzip;q=0.1, *;q=0.9",
                                        "identity;q=0",
                                        "identity;q=0, br",
                                        "gzip;q=0, identity;q=0",
                                        "gzip;q=1.5"};
    static const char *const only[] = {"gzip, identity;q=0", "*;q=0, gzip", "identity;q=0, *", "gzip;q=0.1,*;q=0.0"};
    for (size_t i = 0; i < sizeof gzip / sizeof *gzip; i++)
        coding_is(JK_ACCEPT_GZIP, gzip[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        coding_is(JK_ACCEPT_PLAIN, plain[i]);
    for (size_t i = 0; i < sizeof only / sizeof *only; i++)
        coding_is(JK_ACCEPT_GZIP_ONLY, only[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_what_breaks_the_grammar_is_ignored),
                                       cmocka_unit_test(test_types), cmocka_unit_test(test_codings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
