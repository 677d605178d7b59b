/* bash: a case over the command's words. zsh: the same script through bashcompinit. fish: one line an option. Values
 * with choices are completed, names by asking `jokbo names`, files as files; of all else nobody knows what it may be. */
#include "cli/console/complete.h"

#include "cli/console/options.h"

static bool has_choices(const struct jk_option *option)
{
    return strchr(option->value, '|') && option->value[0] >= 'a';
}

static void words(const char *list, FILE *file)
{
    for (; *list; list++)
        fputc(*list == '|' ? ' ' : *list, file);
}

/* What may stand where a value or operand is called so: names of up to two kinds, as `jokbo names` knows them, and
 * files. */
struct sort {
    const char *called, *kind, *also;
    bool files;
};

static bool names_file(const char *called)
{
    static const char *const words[] = {"FILE", "DIR", "PATH", "MANIFEST", "SCRIPT"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(called, words[i])) return true;
    return false;
}

static struct sort sort_of(const char *called)
{
    static const struct sort sorts[] = {
        {"MODEL", "model", NULL, false},
        {"MODEL[@VERSION]", "model", NULL, false},
        {"MODEL@VERSION", "model", NULL, false},
        {"MODEL NEW", "model", NULL, false},
        {"MODEL OTHER", "model", NULL, true},
        {"PUBLISHER/MODEL", "model", NULL, false},
        {"PARENT", "model", NULL, false},
        {"RECEIPT|CERTIFICATE|MODEL[@VERSION]|DIR", "receipt", "model", true},
        {"RECEIPT|DIR", "receipt", NULL, true},
        {"[BASE]", "base", NULL, false},
        {"BASE", "base", NULL, false},
        {"PUBLISHER", "publisher", NULL, false},
        {"PUBLISHER HOST/ORGANISATION", "publisher", NULL, false},
        {"NAME", "publisher", NULL, false},
        {"NAME ACCOUNT", "publisher", NULL, false},
        {"[TEAM]", "team", NULL, false},
        {"TEAM", "team", NULL, false},
        {"STAGE", "stage", NULL, false},
        {"POLICY", "policy", NULL, true},
        {"POLICY POLICY", "policy", NULL, true},
        {"PROFILE", "profile", NULL, false},
        {"ORIGIN", "origin", NULL, false},
    };
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
        if (strcmp(called, sorts[i].called) == 0) return sorts[i];
    return (struct sort){.called = called, .files = names_file(called)};
}

/* The first words of commands, each once: rows of one group stand together. */
static void first_words(FILE *file)
{
    struct jk_span before = {0};
    for (size_t i = 0; i < jk_command_count; i++) {
        struct jk_span rest = jk_span_of(jk_command_table[i].name), first;
        (void)jk_span_cut(&rest, ' ', &first);
        if (!jk_span_equal(first, before)) fprintf(file, " %.*s", JK_SPAN_ARG(first));
        before = first;
    }
}

static void second_words(struct jk_span first, FILE *file)
{
    for (size_t i = 0; i < jk_command_count; i++) {
        struct jk_span rest = jk_span_of(jk_command_table[i].name), head;
        if (jk_span_cut(&rest, ' ', &head) && jk_span_equal(head, first)) fprintf(file, " %.*s", JK_SPAN_ARG(rest));
    }
}

/* Whose names are more than their operand says: what is taken back was yanked. */
static struct sort sort_of_command(const struct jk_command *command)
{
    struct sort sort = sort_of(command->operands);
    if (strcmp(command->name, "unyank") == 0) sort.kind = "yanked";
    return sort;
}

/* A shell that waits for names must not wait long, and must not show why there are none. It asks the registry that the
 * line itself names. */
#define QUICKLY    "--timeout 2 2>/dev/null"
#define FISH_NAMES "jokbo names %s (commandline -ct) (__jokbo_where) " QUICKLY
#define WHERE      "profile|config|server|token-file|ca" /* options with a value that say which registry, and how */
#define WHERE_FLAG "tls|no-tls"

static void bash_options(FILE *file)
{
    fprintf(file, "    case \"$cmd\" in\n");
    for (size_t i = 0; i < jk_command_count; i++) {
        const struct jk_command *command = &jk_command_table[i];
        fprintf(file, "    '%s') opts='", command->name);
        for (size_t o = 0; o < JK_OPTION_COUNT; o++)
            if (jk_command_takes(command, o)) fprintf(file, " --%s", jk_option_table[o].name);
        struct sort sort = sort_of_command(command);
        fputc('\'', file);
        if (sort.kind) fprintf(file, " kind=%s", sort.kind);
        if (sort.also) fprintf(file, " also=%s", sort.also);
        fprintf(file, "%s ;;\n", sort.files ? " files=yes" : "");
    }
    fprintf(file, "    *) opts='");
    for (size_t o = 0; o < JK_OPTION_COUNT; o++)
        if (jk_option_table[o].common) fprintf(file, " --%s", jk_option_table[o].name);
    fprintf(file, "' ;;\n    esac\n");
}

static void bash_values(FILE *file)
{
    fprintf(file, "    case \"$prev\" in\n");
    for (size_t o = 0; o < JK_OPTION_COUNT; o++) {
        if (!has_choices(&jk_option_table[o])) continue;
        fprintf(file, "    --%s) COMPREPLY=($(compgen -W '", jk_option_table[o].name);
        words(jk_option_table[o].value, file);
        fprintf(file, "' -- \"$cur\")); return ;;\n");
    }
    for (size_t o = 0; o < JK_OPTION_COUNT; o++) {
        const struct jk_option *option = &jk_option_table[o];
        struct sort sort = sort_of(option->value);
        if (option->kind == JK_OPTION_KIND_FLAG || has_choices(option)) continue;
        fprintf(file, "    --%s)", option->name);
        if (sort.files) fprintf(file, " _jokbo_files;");
        if (sort.kind) fprintf(file, " _jokbo_names %s;", sort.kind);
        fprintf(file, " return ;;\n");
    }
    fprintf(file, "    esac\n");
}

static void bash_seconds(FILE *file)
{
    struct jk_span before = {0};
    fprintf(file, "    [ \"$first\" = help ] && [ \"$COMP_CWORD\" -eq 3 ] && group=\"${COMP_WORDS[2]}\" at=3\n"
                  "    case \"$group\" in\n");
    for (size_t i = 0; i < jk_command_count; i++) {
        struct jk_span rest = jk_span_of(jk_command_table[i].name), first;
        if (!jk_span_cut(&rest, ' ', &first) || jk_span_equal(first, before)) continue;
        before = first;
        fprintf(file, "    %.*s) subs='", JK_SPAN_ARG(first));
        second_words(first, file);
        fprintf(file, "' ;;\n");
    }
    fprintf(file, "    completion) subs='bash zsh fish' ;;\n    help) subs='");
    first_words(file);
    fprintf(file, "' ;;\n    esac\n");
}

/* bash cuts words at "=" and ":", which are put together again; the word to be completed is not asked with. */
static void bash_where(FILE *file)
{
    fprintf(file,
            "_jokbo_where() {\n"
            "    local i word value\n    where=()\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        word=\"${COMP_WORDS[i]%%%%=*}\" value=''\n"
            "        case \"$word\" in\n        --tls | --no-tls) where+=(\"$word\"); continue ;;\n"
            "        --profile | --config | --server | --token-file | --ca) ;;\n        *) continue ;;\n        esac\n"
            "        if [[ ${COMP_WORDS[i]} == *=* ]]; then value=\"${COMP_WORDS[i]#*=}\"\n"
            "        else\n            i=$((i + 1))\n"
            "            if [ \"${COMP_WORDS[i]}\" = '=' ]; then i=$((i + 1)); fi\n"
            "            if ((i >= COMP_CWORD)); then return; fi\n"
            "            value=\"${COMP_WORDS[i]}\"\n        fi\n"
            "        while ((i + 2 < COMP_CWORD)) && [[ ${COMP_WORDS[i + 1]} == : ]]; do\n"
            "            value+=\":${COMP_WORDS[i + 2]}\" i=$((i + 2))\n        done\n"
            "        where+=(\"$word=${value/#\\~\\//$HOME/}\")\n    done\n}\n");
}

static void write_bash(FILE *file)
{
    bash_where(file);
    /* A name must not be cut at the signs that bash takes for ends of words. */
    fprintf(file, "_jokbo_names() {\n"
                  "    local where\n    _jokbo_where\n"
                  "    COMPREPLY+=($(compgen -W \"$(\"${COMP_WORDS[0]}\" names \"$1\" \"$cur\" \"${where[@]}\" " QUICKLY
                  ")\" "
                  "-- \"$cur\"))\n}\n"
                  "_jokbo_files() {\n    COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\n");
    fprintf(file, "_jokbo() {\n    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                  "    local first=\"${COMP_WORDS[1]}\" cmd=\"${COMP_WORDS[1]}\" subs='' opts=''\n"
                  "    local group=\"$first\" at=2 kind='' also='' files=''\n    COMPREPLY=()\n");
    bash_values(file);
    bash_seconds(file);
    fprintf(file, "    if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '");
    first_words(file);
    fprintf(file, "' -- \"$cur\")); return; fi\n"
                  "    if [ -n \"$subs\" ] && [ \"$COMP_CWORD\" -eq \"$at\" ]; then\n"
                  "        COMPREPLY=($(compgen -W \"$subs\" -- \"$cur\")); return\n    fi\n"
                  "    [ -n \"$subs\" ] && cmd=\"$first ${COMP_WORDS[2]}\"\n");
    bash_options(file);
    fprintf(file, "    case \"$cur\" in\n    -*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
                  "    *) if [ -n \"$files\" ]; then _jokbo_files; fi\n"
                  "       if [ -n \"$kind\" ]; then _jokbo_names \"$kind\"; fi\n"
                  "       if [ -n \"$also\" ]; then _jokbo_names \"$also\"; fi ;;\n    esac\n}\n"
                  "complete -o filenames -F _jokbo jokbo\n");
}

/* Quotes for fish: a backslash before ' and \. */
static void fish_quote(const char *text, FILE *file)
{
    fputc('\'', file);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') fputc('\\', file);
        fputc(*text, file);
    }
    fputc('\'', file);
}

static void fish_option(const char *condition, const struct jk_option *option, FILE *file)
{
    struct sort sort = sort_of(option->value);
    fprintf(file, "complete -c jokbo %s -l %s", condition, option->name);
    if (option->kind != JK_OPTION_KIND_FLAG) fprintf(file, " -r");
    if (has_choices(option)) {
        fprintf(file, " -a '");
        words(option->value, file);
        fputc('\'', file);
    }
    if (sort.kind) fprintf(file, " -a '(" FISH_NAMES ")'", sort.kind);
    if (option->kind != JK_OPTION_KIND_FLAG && !sort.files) fprintf(file, " -f");
    fprintf(file, " -d ");
    fish_quote(option->help, file);
    fputc('\n', file);
}

static void fish_command(const struct jk_command *command, FILE *file)
{
    struct jk_span rest = jk_span_of(command->name), first;
    bool two = jk_span_cut(&rest, ' ', &first);
    char condition[160];
    if (two)
        fprintf(file,
                "complete -c jokbo -f -n '__fish_seen_subcommand_from %.*s; and test (count (commandline -opc)) -eq 2' "
                "-a %.*s -d ",
                JK_SPAN_ARG(first), JK_SPAN_ARG(rest));
    else
        fprintf(file, "complete -c jokbo -f -n __fish_use_subcommand -a %s -d ", command->name);
    fish_quote(command->summary, file);
    fputc('\n', file);
    if (two)
        snprintf(condition, sizeof condition,
                 "-n '__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %.*s'", JK_SPAN_ARG(first),
                 JK_SPAN_ARG(rest));
    else
        snprintf(condition, sizeof condition, "-n '__fish_seen_subcommand_from %s'", command->name);
    struct sort sort = sort_of_command(command);
    if (!sort.files) fprintf(file, "complete -c jokbo %s -f\n", condition);
    if (sort.kind) fprintf(file, "complete -c jokbo %s -a '(" FISH_NAMES ")'\n", condition, sort.kind);
    if (sort.also) fprintf(file, "complete -c jokbo %s -a '(" FISH_NAMES ")'\n", condition, sort.also);
    for (size_t o = 0; o < JK_OPTION_COUNT; o++)
        if (!jk_option_table[o].common && jk_command_takes(command, o))
            fish_option(condition, &jk_option_table[o], file);
}

static void write_fish(FILE *file)
{
    fprintf(file, "function __jokbo_where\n    set -l held\n    for word in (commandline -opc)\n"
                  "        if set -q held[1]\n            printf '%%s=%%s\\n' $held $word\n            set held\n"
                  "        else if string match -qr '^--(" WHERE ")$' -- $word\n            set held $word\n"
                  "        else if string match -qr '^--((" WHERE ")=.*|" WHERE_FLAG ")$' -- $word\n"
                  "            printf '%%s\\n' $word\n        end\n    end\nend\n");

    struct jk_span before = {0};
    for (size_t i = 0; i < jk_command_count; i++) {
        struct jk_span rest = jk_span_of(jk_command_table[i].name), first;
        if (!jk_span_cut(&rest, ' ', &first) || jk_span_equal(first, before)) continue;
        before = first;
        fprintf(file, "complete -c jokbo -f -n __fish_use_subcommand -a %.*s\n", JK_SPAN_ARG(first));
        fprintf(
            file,
            "complete -c jokbo -n '__fish_seen_subcommand_from help; and __fish_seen_subcommand_from %.*s; and test "
            "(count (commandline -opc)) -eq 3' -a '",
            JK_SPAN_ARG(first));
        second_words(first, file);
        fprintf(file, "'\n");
    }
    fprintf(file,
            "complete -c jokbo -n '__fish_seen_subcommand_from help; and test (count (commandline -opc)) -eq 2' -a '");
    first_words(file);
    fprintf(file, "'\n");

    for (size_t i = 0; i < jk_command_count; i++)
        fish_command(&jk_command_table[i], file);
    for (size_t o = 0; o < JK_OPTION_COUNT; o++)
        if (jk_option_table[o].common) fish_option("", &jk_option_table[o], file);
}

bool jk_complete_write(const char *shell, FILE *file)
{
    if (strcmp(shell, "bash") == 0) {
        write_bash(file);
    } else if (strcmp(shell, "zsh") == 0) {
        fprintf(file, "autoload -U +X bashcompinit && bashcompinit\n");
        write_bash(file);
    } else if (strcmp(shell, "fish") == 0) {
        write_fish(file);
    } else {
        return false;
    }
    return true;
}
