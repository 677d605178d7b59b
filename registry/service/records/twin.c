/* See twin.h. */
#include "service/records/twin.h"

#include "book/home.h"
#include "domain/ident.h"

static const struct jk_span hub = {"huggingface.co/", sizeof "huggingface.co/" - 1};

/* The publisher/model of an external on the hub; empty for any other. */
static struct jk_span name_on_hub(struct jk_span external)
{
    if (!jk_span_starts_fold(external, hub)) return (struct jk_span){0};
    return (struct jk_span){external.at + hub.len, external.len - hub.len};
}

uint32_t jk_twin_find(const struct jk_book *book, struct jk_span external, uint32_t n)
{
    struct jk_span name = name_on_hub(external);
    return name.len ? jk_book_find_model(book, name, n) : JK_NONE;
}

static bool is_on_roster(const struct jk_book *book, struct jk_span publisher, uint32_t n)
{
    const struct jk_reserved *reserved = jk_book_find_reserved(book, publisher, n);
    return reserved && reserved->kind == JK_RESERVED_PUBLISHER && jk_span_equal_fold(reserved->text, publisher);
}

/* Whether the model's publisher here is verified, and known to be the one of that name on the hub. */
static bool holds_its_namespace(const struct jk_book *book, struct jk_span publisher, struct jk_span name, uint32_t n)
{
    uint32_t slot = jk_book_find_publisher(book, publisher, n);
    if (slot == JK_NONE || !jk_book_is_verified(book, slot, n)) return false;
    const struct jk_namespace *held = jk_book_namespace_on(book, JK_SPAN("huggingface.co"), name, n);
    return held && held->holder == slot;
}

bool jk_twin_is_proven(const struct jk_book *book, struct jk_span name, uint32_t n)
{
    struct jk_span publisher, model;
    jk_ident_split(name, &publisher, &model);
    return is_on_roster(book, publisher, n) || holds_its_namespace(book, publisher, name, n);
}

static bool is_own(const struct jk_book *book, struct jk_directory *directory, struct jk_span name, uint64_t account,
                   uint32_t n)
{
    struct jk_span part, model;
    jk_ident_split(name, &part, &model);
    uint32_t publisher = jk_book_find_publisher(book, part, n);
    if (!account || publisher == JK_NONE) return false;
    if (jk_directory_membership(directory, part, account) == JK_MEMBER_NONE) return false;
    return jk_book_is_verified(book, publisher, n) || jk_directory_creator(directory, part) == account;
}

bool jk_twin_is_meant(const struct jk_book *book, struct jk_directory *directory, struct jk_span name, uint64_t account,
                      uint32_t n)
{
    return jk_twin_is_proven(book, name, n) || is_own(book, directory, name, account, n);
}

const char *jk_twin_notice(const struct jk_book *book, struct jk_span external, uint32_t n, struct jk_arena *arena)
{
    uint32_t twin = jk_twin_find(book, external, n);
    if (twin == JK_NONE || jk_twin_is_proven(book, name_on_hub(external), n)) return NULL;
    struct jk_span name = jk_book_alias(book, twin, n)->name;
    return jk_arena_printf(
        arena,
        "\"%.*s\" was taken for the model on the hub. %.*s is registered here too, by somebody for "
        "whom that name is not proven; if it is meant, name it as the registered parent (jokbo: --parent %.*s)",
        JK_SPAN_ARG(external), JK_SPAN_ARG(name), JK_SPAN_ARG(name));
}
