/* The steps of a submission, in order. Mistakes are collected in `mistakes`, and the steps go on as far as they can, so
 * that all of them are reported at once. */
#include "cli/submission.h"

#include "cli/console/faults.h"
#include "cli/console/prompt.h"
#include "cli/sources.h"
#include "domain/ident.h"

static void missing(struct jk_submission *submission, const char *field, const char *mend)
{
    jk_error_field(&submission->mistakes, field, "%s", mend);
    submission->incomplete = true;
}

static void ask_name(struct jk_submission *submission)
{
    struct jk_declaration *declaration = &submission->declaration;
    struct jk_cli *cli = submission->cli;
    if (declaration->name.len > 0) return;
    if (jk_cli_can_ask(cli)) declaration->name = jk_prompt_line(cli, "Name to register under (publisher/model):");
    declaration->name_from = "asked";
    const char *fault = declaration->name.len > 0 ? jk_ident_model_fault(declaration->name) : NULL;
    if (fault) jk_error_field(&submission->mistakes, "name", "\"%.*s\" %s", JK_SPAN_ARG(declaration->name), fault);
    if (declaration->name.len == 0) missing(submission, "name", "missing: give --name publisher/model");
}

static void ask_parents(struct jk_submission *submission)
{
    struct jk_declaration *declaration = &submission->declaration;
    struct jk_cli *cli = submission->cli;
    if (declaration->parents.count > 0) return;
    for (struct jk_span line; jk_cli_can_ask(cli); declaration->parents_from = "asked") {
        bool first = declaration->parents.count == 0;
        line =
            jk_prompt_line(cli, first ? "What was it made from (publisher/model)?" : "And from (Enter: nothing more)?");
        if (line.len == 0) break;
        if (!memchr(line.at, '/', line.len)) { /* "yes", say */
            fprintf(cli->err, "\"%.*s\" is no model's name: publisher/model, host/id or a URL is needed.\n",
                    JK_SPAN_ARG(line));
            continue;
        }
        jk_names_add(&declaration->parents, line);
    }
    if (declaration->parents.count > 0) return;
    const char *mend = jk_declaration_missing_parents(declaration, &submission->sources);
    if (mend) missing(submission, "parents", mend);
}

/* What the command line says beside the files. */
static struct jk_given given_by_options(const struct jk_cli *cli)
{
    const struct jk_options *options = &cli->options;
    struct jk_given given = {.version = jk_options_text(options, JK_OPTION_RELEASE),
                             .relation = jk_options_text(options, JK_OPTION_RELATION),
                             .license = jk_options_text(options, JK_OPTION_LICENSE)};
    bool named = jk_options_has(options, JK_OPTION_NAME);
    given.name = jk_options_text(options, named ? JK_OPTION_NAME : JK_OPTION_MODEL);
    given.name_from = named ? "--name" : "--model";
    const char *values[JK_OPTION_VALUES_MAX];
    size_t count = jk_options_list(options, JK_OPTION_PARENT, values, JK_OPTION_VALUES_MAX);
    for (size_t i = 0; i < count; i++)
        jk_names_add(&given.parents, jk_span_trim(jk_span_of(values[i])));
    return given;
}

static void gather_submission(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    const struct jk_given given = given_by_options(cli);
    struct jk_declaration *declaration = &submission->declaration;
    declaration->notes.arena = &cli->arena;
    jk_declaration_fill(declaration, &given, &submission->sources, &submission->mistakes);
    if (!submission->publish) {
        ask_name(submission);
        ask_parents(submission);
        jk_declaration_relate(declaration, &given, &submission->sources, &submission->mistakes);
        return;
    }
    if (declaration->name.len == 0) missing(submission, "model", "missing: give --model publisher/model");
    if (!jk_cli_has(cli, JK_OPTION_RELEASE)) missing(submission, "release", "missing: give --release VERSION");
    if (jk_cli_has(cli, JK_OPTION_RELATION))
        jk_declaration_relate(declaration, &given, &submission->sources, &submission->mistakes);
}

/* A release without what the one before had counts for less, and is not what anybody meant. */
static void note_what_is_left_out(struct jk_submission *submission)
{
    const Jokbo__V1__Release *release = submission->before ? submission->before->release : NULL;
    if (!release || !release->artifact_sha256[0] || submission->artifact[0]) return;
    jk_doubts_add(&submission->declaration.notes,
                  "release %s has a manifest, and this one has none: policies that ask for one do not count the model "
                  "then. --manifest FILE gives it",
                  release->version);
}

/* Nothing, or a registered model. A model that is not there is no failure. */
static enum jk_status ask_model(void *context, const char *name, const Jokbo__V1__Model **out_model)
{
    struct jk_cli *cli = context;
    Jokbo__V1__GetModelRequest request = JOKBO__V1__GET_MODEL_REQUEST__INIT;
    Jokbo__V1__Model *model = NULL;
    request.name = (char *)name;
    enum jk_status status = jk_cli_call(cli, &jokbo__v1__registry__descriptor, "GetModel", &request.base, &model);
    if (status == JK_NOT_FOUND) jk_error_init(&cli->error, &cli->arena);
    *out_model = status == JK_OK ? model : NULL;
    return status == JK_NOT_FOUND ? JK_OK : status;
}

static enum jk_status ask_release(void *context, const char *name, Jokbo__V1__Release **out_release)
{
    struct jk_cli *cli = context;
    Jokbo__V1__GetReleaseRequest request = JOKBO__V1__GET_RELEASE_REQUEST__INIT;
    Jokbo__V1__Release *release = NULL;
    request.which_case = JOKBO__V1__GET_RELEASE_REQUEST__WHICH_NAME;
    request.name = (char *)name;
    enum jk_status status = jk_cli_call(cli, &jokbo__v1__registry__descriptor, "GetRelease", &request.base, &release);
    if (status == JK_NOT_FOUND) jk_error_init(&cli->error, &cli->arena);
    *out_release = status == JK_OK ? release : NULL;
    return status == JK_NOT_FOUND ? JK_OK : status;
}

/* Everything that needs the server. */
static enum jk_status look_up(struct jk_submission *submission)
{
    struct jk_declaration *declaration = &submission->declaration;
    struct jk_cli *cli = submission->cli;
    if (submission->publish && declaration->name.len > 0) {
        /* What is published already: the licence of the release before may be taken over. */
        Jokbo__V1__GetModelRequest request = JOKBO__V1__GET_MODEL_REQUEST__INIT;
        Jokbo__V1__Model *model;
        request.name = jk_arena_copy(&cli->arena, declaration->name.at, declaration->name.len);
        if (!request.name) return jk_out_of_memory(&cli->error);
        JK_TRY(jk_cli_call(cli, &jokbo__v1__registry__descriptor, "GetModel", &request.base, &model));
        submission->before = model;
        note_what_is_left_out(submission);
    }
    bool by_person = !strcmp(declaration->parents_from, "--parent") || !strcmp(declaration->parents_from, "asked");
    struct jk_registered registered = {cli, &cli->arena, &cli->error, ask_model, ask_release};
    JK_TRY(jk_pin_parents(&registered, &declaration->parents, by_person, declaration->name, &submission->pins,
                          &submission->mistakes));
    for (size_t i = 0; i < submission->pins.count; i++)
        if (submission->pins.items[i].note) jk_doubts_add(&declaration->notes, "%s", submission->pins.items[i].note);
    return JK_OK;
}

static char *copy_span(struct jk_cli *cli, struct jk_span text)
{
    char *copy = jk_arena_copy(&cli->arena, text.at ? text.at : "", text.len);
    return copy ? copy : (char *)"";
}

static void build(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    Jokbo__V1__Derivative *derivative = &submission->derivative;
    jokbo__v1__derivative__init(derivative);
    derivative->name = copy_span(cli, submission->declaration.name);
    derivative->version = copy_span(cli, submission->declaration.version);
    derivative->relation = (Jokbo__V1__Relation)submission->declaration.relation;
    derivative->license = (char *)submission->license;
    derivative->license_text_sha256 = submission->license_text;
    derivative->artifact_sha256 = submission->artifact;
    derivative->weights_sha256 = submission->weights;
    for (size_t i = 0; i < submission->pins.count; i++)
        submission->parents[i] = submission->pins.items[i].parent;
    derivative->parents = submission->parents;
    derivative->n_parents = submission->pins.count;
}

/* Where there are mistakes of our own, the server is asked for those that only it can see, so that all are told at
 * once. */
static void ask_server(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    Jokbo__V1__Registration *registration;
    if (jk_submission_send(submission, true, &registration) == JK_INVALID_ARGUMENT)
        jk_declaration_add_faults(&submission->declaration, &submission->sources, &cli->error, &submission->mistakes);
    jk_error_init(&cli->error, &cli->arena);
}

enum jk_status jk_submission_prepare(struct jk_cli *cli, bool publish, struct jk_submission *out)
{
    const char *path = cli->options.operand_count > 0 ? cli->options.operands[0] : NULL;
    *out = (struct jk_submission){.cli = cli, .publish = publish};
    jk_error_init(&out->mistakes, &cli->arena);
    enum jk_status status = jk_sources_read(path, &cli->arena, &out->sources, &out->mistakes, &cli->error);
    if (status != JK_OK) return status;
    gather_submission(out);
    JK_TRY(jk_submission_attach(out));
    status = look_up(out);
    bool wrong = jk_error_is_set(&out->mistakes);
    if (status != JK_OK && !wrong) return status;
    jk_submission_license(out);
    build(out);
    if (!jk_error_is_set(&out->mistakes)) return JK_OK;
    if (status == JK_OK && out->declaration.name.len > 0)
        ask_server(out);
    else if (status != JK_OK)
        fprintf(cli->err, "jokbo: note: the server could not be asked: %s\n", cli->error.message);
    jk_licensing_check(&out->licensing, &out->mistakes);
    struct jk_error *error = &cli->error, *mistakes = &out->mistakes;
    jk_error_init(error, &cli->arena);
    if (out->incomplete)
        (void)jk_fail(error, JK_INVALID_ARGUMENT, "INPUT_INCOMPLETE", "%zu %s to fix", mistakes->violation_count,
                      mistakes->violation_count == 1 ? "thing" : "things");
    size_t kept = mistakes->violation_count < JK_ERROR_VIOLATIONS ? mistakes->violation_count : JK_ERROR_VIOLATIONS;
    for (size_t i = 0; i < kept; i++)
        jk_error_field(error, mistakes->violations[i].field, "%s", mistakes->violations[i].rule);
    return jk_error_result(error);
}

enum jk_status jk_submission_send(struct jk_submission *submission, bool validate_only,
                                  Jokbo__V1__Registration **out_registration)
{
    struct jk_cli *cli = submission->cli;
    char *request_id = validate_only ? (char *)"" : jk_cli_request_id(cli);
    *out_registration = NULL;
    if (submission->publish) {
        Jokbo__V1__PublishReleaseRequest request = JOKBO__V1__PUBLISH_RELEASE_REQUEST__INIT;
        request.release = &submission->derivative;
        request.request_id = request_id;
        request.validate_only = validate_only;
        return jk_cli_call(cli, &jokbo__v1__registry__descriptor, "PublishRelease", &request.base, out_registration);
    }
    Jokbo__V1__RegisterDerivativeRequest request = JOKBO__V1__REGISTER_DERIVATIVE_REQUEST__INIT;
    request.derivative = &submission->derivative;
    request.request_id = request_id;
    request.validate_only = validate_only;
    return jk_cli_call(cli, &jokbo__v1__registry__descriptor, "RegisterDerivative", &request.base, out_registration);
}
