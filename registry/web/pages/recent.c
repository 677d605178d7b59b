/* See recent.h. A ring: the next place is that of the oldest. */
#include "web/pages/recent.h"

#include <pthread.h>
#include <stdlib.h>

struct kept {
    char *bytes; /* the key, then the body; NULL: nothing is here */
    size_t key_len, body_len;
    int64_t made_ms;
    struct jk_recent_head head;
};

struct jk_recent {
    pthread_mutex_t lock; /* guards all */
    int64_t log_size;
    size_t next;
    struct kept pages[JK_RECENT_PAGES];
};

struct jk_recent *jk_recent_new(void)
{
    struct jk_recent *recent = calloc(1, sizeof *recent);
    if (recent) pthread_mutex_init(&recent->lock, NULL);
    return recent;
}

static void drop(struct kept *kept)
{
    free(kept->bytes);
    *kept = (struct kept){NULL};
}

static void drop_all(struct jk_recent *recent)
{
    for (size_t i = 0; i < JK_RECENT_PAGES; i++)
        drop(&recent->pages[i]);
    recent->next = 0;
}

void jk_recent_free(struct jk_recent *recent)
{
    if (!recent) return;
    drop_all(recent);
    pthread_mutex_destroy(&recent->lock);
    free(recent);
}

/* Under the lock. */
static struct kept *find_recent(struct jk_recent *recent, struct jk_span key)
{
    for (size_t i = 0; i < JK_RECENT_PAGES; i++) {
        struct kept *kept = &recent->pages[i];
        if (kept->bytes && jk_span_equal((struct jk_span){kept->bytes, kept->key_len}, key)) return kept;
    }
    return NULL;
}

bool jk_recent_find(struct jk_recent *recent, struct jk_span key, int64_t log_size, int64_t now_ms,
                    struct jk_recent_head *out_head, struct jk_text *out_body)
{
    pthread_mutex_lock(&recent->lock);
    struct kept *kept = recent->log_size == log_size ? find_recent(recent, key) : NULL;
    bool found = kept && now_ms - kept->made_ms < JK_RECENT_MS;
    if (found) {
        *out_head = kept->head;
        jk_text_add(out_body, (struct jk_span){kept->bytes + kept->key_len, kept->body_len});
    }
    pthread_mutex_unlock(&recent->lock);
    return found;
}

/* Under the lock. */
static void keep_page(struct jk_recent *recent, struct jk_span key, const struct kept *made)
{
    struct kept *place = find_recent(recent, key);
    if (!place) {
        place = &recent->pages[recent->next];
        recent->next = (recent->next + 1) % JK_RECENT_PAGES;
    }
    drop(place);
    *place = *made;
}

void jk_recent_put(struct jk_recent *recent, struct jk_span key, int64_t log_size, int64_t now_ms,
                   const struct jk_recent_head *head, struct jk_span body)
{
    if (key.len == 0 || key.len > JK_RECENT_KEY || body.len > JK_RECENT_PAGE) return;
    struct kept made = {malloc(key.len + body.len), key.len, body.len, now_ms, *head};
    if (!made.bytes) return;
    memcpy(made.bytes, key.at, key.len);
    if (body.len > 0) memcpy(made.bytes + key.len, body.at, body.len);
    pthread_mutex_lock(&recent->lock);
    bool newest = log_size >= recent->log_size;
    if (log_size > recent->log_size) drop_all(recent);
    if (newest) {
        recent->log_size = log_size;
        keep_page(recent, key, &made);
    }
    pthread_mutex_unlock(&recent->lock);
    if (!newest) free(made.bytes);
}
