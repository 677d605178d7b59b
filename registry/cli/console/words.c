/* See words.h. */
#include "cli/console/words.h"

#include "base/defer.h"
#include "cli/console/number.h"
#include "reply/json.h"

enum jk_status jk_words_values(struct jk_cli *cli, enum jk_option_id id, const ProtobufCEnumDescriptor *type,
                               int *out_values, size_t room, size_t *out_count)
{
    const char *values[JK_OPTION_VALUES_MAX];
    size_t count = jk_options_list(&cli->options, id, values, JK_OPTION_VALUES_MAX);
    if (count > room) return jk_cli_usage(cli, "--%s is given too often", jk_option_table[id].name);
    for (size_t i = 0; i < count; i++) {
        if (jk_json_enum_parse(type, values[i], &out_values[i])) continue;
        JK_CLEANUP(jk_text_done) struct jk_text words;
        jk_text_init(&words, 0);
        jk_json_enum_words(type, &words);
        return jk_cli_usage(cli, "--%s \"%.60s\" must be one of %s", jk_option_table[id].name, values[i],
                            words.bytes ? words.bytes : "");
    }
    *out_count = count;
    return JK_OK;
}

enum jk_status jk_words_number(struct jk_cli *cli, size_t operand, const char *what, int64_t *out_number)
{
    uint64_t number;
    if (!jk_number_parse(jk_cli_operand(cli, operand), &number) || number == 0 || number > INT64_MAX)
        return jk_cli_usage(cli, "%s \"%.60s\" must be a number from 1", what, jk_cli_operand(cli, operand));
    *out_number = (int64_t)number;
    return JK_OK;
}
