/* Conversions between the rules' types and the interface's. */
#include "service/call/convert.h"

#include "domain/ident.h"
#include "service/call/services.h"

void jk_from_hex(const char *text, const char *field, struct jk_digest *out_digest, struct jk_error *error)
{
    struct jk_span span = jk_span_of(text);
    char shown[96];
    memset(out_digest, 0, sizeof *out_digest);
    if (!span.len) return;
    if (jk_digest_parse(span, out_digest) && !jk_digest_is_zero(out_digest)) return;
    memset(out_digest, 0, sizeof *out_digest);
    jk_text_shorten(span, shown, sizeof shown);
    jk_error_field(error, field, "\"%s\" is not a SHA-256: give 64 lower-case hexadecimal digits, or nothing", shown);
}

/* The proto's relations have the same numbers as the rules'; a change to either breaks the build here. */
_Static_assert(JOKBO__V1__RELATION__RELATION_FINETUNE == (int)JK_RELATION_FINETUNE, "relation numbers");
_Static_assert(JOKBO__V1__RELATION__RELATION_DRAFT == (int)JK_RELATION_DRAFT, "relation numbers");

Jokbo__V1__Relation jk_to_relation(enum jk_relation relation)
{
    return (Jokbo__V1__Relation)relation;
}

bool jk_from_relation(int value, enum jk_relation *out_relation)
{
    if (value < 0 || value >= JK_RELATION_COUNT) return false;
    *out_relation = (enum jk_relation)value;
    return true;
}

_Static_assert(JOKBO__V1__LICENSE_CLASS__LICENSE_CLASS_OPEN == (int)JK_LICENSE_OPEN + 1, "class numbers");
_Static_assert(JOKBO__V1__LICENSE_CLASS__LICENSE_CLASS_UNKNOWN == (int)JK_LICENSE_UNKNOWN + 1, "class numbers");

Jokbo__V1__LicenseClass jk_to_license_class(enum jk_license_class class)
{
    return (Jokbo__V1__LicenseClass)(class + 1);
}

bool jk_from_license_class(int value, enum jk_license_class *out_class)
{
    if (value < 1 || value > JK_LICENSE_CLASSES) return false;
    *out_class = (enum jk_license_class)(value - 1);
    return true;
}

_Static_assert(JOKBO__V1__GRADE__GRADE_CONTRADICTED == (int)JK_GRADE_CONTRADICTED + 1, "grade numbers");
_Static_assert(JOKBO__V1__GRADE__GRADE_SAME == (int)JK_GRADE_SAME + 1, "grade numbers");

Jokbo__V1__Grade jk_to_grade(enum jk_grade grade)
{
    return (Jokbo__V1__Grade)(grade + 1);
}

bool jk_from_grade(int value, enum jk_grade *out_grade)
{
    if (value < 1 || value > JK_GRADES) return false;
    *out_grade = (enum jk_grade)(value - 1);
    return true;
}

Jokbo__V1__Answer jk_to_answer(enum jk_answer answer)
{
    switch (answer) {
    case JK_ANSWER_YES:
        return JOKBO__V1__ANSWER__ANSWER_YES;
    case JK_ANSWER_NO:
        return JOKBO__V1__ANSWER__ANSWER_NO;
    default:
        return JOKBO__V1__ANSWER__ANSWER_UNKNOWN;
    }
}

bool jk_from_answer(int value, enum jk_answer *out_answer)
{
    switch (value) {
    case JOKBO__V1__ANSWER__ANSWER_YES:
        *out_answer = JK_ANSWER_YES;
        return true;
    case JOKBO__V1__ANSWER__ANSWER_NO:
        *out_answer = JK_ANSWER_NO;
        return true;
    case JOKBO__V1__ANSWER__ANSWER_UNKNOWN:
        *out_answer = JK_ANSWER_UNKNOWN;
        return true;
    default:
        return false;
    }
}

bool jk_from_permission(int value, enum jk_permission *out_permission)
{
    if (value < 1 || value > JK_PERMISSION_YES + 1) return false;
    *out_permission = (enum jk_permission)(value - 1);
    return true;
}

/* Writes the digits so that they end before `end`; returns where they begin. */
static char *write_digits(uint32_t number, char *end)
{
    do
        *--end = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return end;
}

/* Every model that is shown has one, so this is not left to printf, which takes several times as long. */
void jk_write_etag(uint32_t made, uint32_t changed, char out_etag[JK_ETAG_TEXT])
{
    char text[JK_ETAG_TEXT], *end = text + sizeof text - 1;
    *end = '\0';
    char *at = write_digits(changed, end);
    *--at = '-';
    at = write_digits(made, at);
    memcpy(out_etag, at, (size_t)(text + sizeof text - at));
}

void jk_check_span(struct jk_error *error, const char *field, struct jk_span value, const char *why)
{
    char shown[96];
    if (!why) return;
    jk_text_shorten(value, shown, sizeof shown);
    jk_error_field(error, field, "\"%s\" %s", shown, why);
}

void jk_check_field(struct jk_error *error, const char *field, const char *value, const char *why)
{
    jk_check_span(error, field, jk_span_of(value), why);
}

void jk_check_reason(struct jk_error *error, const char *field, const char *text, bool required)
{
    size_t len = strlen(text);
    if (required && !len) jk_error_field(error, field, "is required: say why, in at most %d bytes", JK_TEXT_MAX);
    if (len > JK_TEXT_MAX) jk_error_field(error, field, "%zu bytes are too many: at most %d", len, JK_TEXT_MAX);
}

void jk_check_label(struct jk_error *error, const char *field, const char *text, bool required)
{
    size_t len = strlen(text);
    if (required && !len) jk_error_field(error, field, "is required, 1 to %d bytes", JK_LABEL_TEXT_MAX);
    if (len > JK_LABEL_TEXT_MAX)
        jk_error_field(error, field, "%zu bytes are too many: at most %d", len, JK_LABEL_TEXT_MAX);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            jk_error_field(error, field, "contains a control character; write one plain line");
            return;
        }
}

void jk_check_hub_spelling(struct jk_error *error, const char *field, struct jk_span external)
{
    char shown[96], written[96];
    struct jk_span id;
    if (!jk_ident_is_hub_respelled(external, &id)) return;
    jk_text_shorten(external, shown, sizeof shown);
    jk_text_shorten(id, written, sizeof written);
    jk_error_field(error, field, "\"%s\" is on the Hugging Face Hub under another address: write huggingface.co/%s",
                   shown, written);
}
