#include "web/pages/since.h"

#include "base/clock.h"
#include "reply/message.h"
#include "web/pages/parts.h"

#define KST_US (9 * JK_HOUR_US)

/* The start of the day that many days before today, by the page's clock; no earlier than times can say. */
static int64_t days_ago(const struct jk_web_page *page, int64_t days)
{
    int64_t start_us = (jk_time_day(page->now_us) - days) * JK_DAY_US - KST_US;
    return start_us > 0 ? start_us : 0;
}

/* ---- what the URL asks for ---- */

Google__Protobuf__Timestamp *jk_since_asked(struct jk_web_page *page)
{
    struct jk_span since = jk_web_page_parameter(page, "since"), days = jk_web_page_parameter(page, "days");
    bool by_days = since.len == 0;
    int64_t time_us;
    uint64_t number;
    if (by_days && jk_span_to_u64(days, &number))
        time_us = days_ago(page, (int64_t)number);
    else if (!jk_time_parse(since, &time_us))
        return NULL;
    struct jk_shown *map = jk_shown_map(page->view, "since");
    jk_shown_string(map, "since_name", by_days ? "days" : "since");
    jk_part_url(map, "since_url", jk_web_page_string(page, by_days ? days : since));
    jk_shown_text(map, "since_value", by_days ? days : since);
    jk_part_time_us(map, "since_at", time_us);
    return jk_to_timestamp(&page->arena, time_us);
}

/* ---- the last seven days ---- */

Jokbo__V1__ListPublisherCountsRequest *jk_since_week_request(struct jk_web_page *page, Jokbo__V1__CountScope *scope,
                                                             Jokbo__V1__CountRule *rule)
{
    Jokbo__V1__ListPublisherCountsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListPublisherCountsRequest, jokbo__v1__list_publisher_counts_request);
    if (!request) return NULL;
    request->scope = scope;
    request->rule = rule;
    request->page_size = 1;
    request->registered_since = jk_to_timestamp(&page->arena, days_ago(page, JK_SINCE_WEEK_DAYS));
    return request;
}

void jk_since_week_show(struct jk_web_page *page, struct jk_shown *map,
                        const Jokbo__V1__ListPublisherCountsResponse *counts)
{
    struct jk_shown *week = jk_shown_map(map, "week");
    char moment[JK_MOMENT_TEXT];
    jk_time_format_moment(days_ago(page, JK_SINCE_WEEK_DAYS), moment);
    jk_part_time_us(week, "week_at", days_ago(page, JK_SINCE_WEEK_DAYS));
    jk_shown_text(week, "week_day", (struct jk_span){moment, strlen("2026-08-01")});
    jk_shown_number(week, "week_count", counts->all ? counts->all->counted : 0);
    jk_shown_number(week, "week_publishers", counts->total_size);
    jk_shown_flag(week, "week_any", counts->total_size > 0);
    if (counts->all) jk_part_relations(page, week, "week_relations", counts->all->relations);
}
