/* Evidence texts from files, for the Python tests. Prints the text.
 * make_evidence public <release> <at> <manifest> [<tie> <found> release|reference <model> <manifest, or ->]…
 * make_evidence challenge <text> <attest> <at> [<parent>]…
 * `tie` is a word of the format; `found` the sum of JK_FOUND_…. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "weights/weighing.h"

struct file {
    char *bytes;
    struct jk_span text;
    struct jk_sketches sketches;
};

static struct file read_file(const char *path)
{
    struct file file = {.bytes = malloc(JK_CHALLENGE_TEXT_MAX)};
    FILE *in = fopen(path, "rb");
    JK_CHECK(file.bytes && in);
    file.text = (struct jk_span){file.bytes, fread(file.bytes, 1, JK_CHALLENGE_TEXT_MAX, in)};
    JK_CHECK(feof(in) && fclose(in) == 0);
    return file;
}

static void check_status(enum jk_status status, const struct jk_error *error)
{
    if (status == JK_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

static struct jk_weighed read_manifest(const char *path, struct file *file)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    *file = read_file(path);
    check_status(jk_sketches_read(file->text, &file->sketches, &error), &error);
    return (struct jk_weighed){file->text, &file->sketches};
}

static void done(struct file *file)
{
    jk_sketches_done(&file->sketches);
    free(file->bytes);
}

static struct jk_digest digest_of_hex(const char *hex)
{
    struct jk_digest digest;
    JK_CHECK(jk_digest_parse(jk_span_of(hex), &digest));
    return digest;
}

static void print(struct jk_weighing *weighing)
{
    const struct jk_evidence_text *evidence = jk_weighing_end(weighing);
    struct jk_text text;
    JK_CHECK(evidence != NULL);
    jk_text_init(&text, 0);
    jk_evidence_text_write(evidence, &text);
    JK_CHECK(!text.failed && fwrite(text.bytes, 1, text.len, stdout) == text.len);
    jk_text_done(&text);
    jk_weighing_free(weighing);
}

static void add_model(struct jk_weighing *weighing, char **words)
{
    struct jk_compared who = {.found = (unsigned)atoi(words[1]), .is_reference = strcmp(words[2], "reference") == 0};
    while (strcmp(jk_tie_words[who.tie], words[0]) != 0)
        JK_CHECK(++who.tie < JK_TIES);
    if (who.is_reference)
        who.reference = strtoull(words[3], NULL, 10);
    else
        who.release = digest_of_hex(words[3]);
    if (strcmp(words[4], "-") == 0) {
        JK_CHECK(jk_weighing_add(weighing, &who, NULL));
        return;
    }
    struct file file;
    struct jk_weighed other = read_manifest(words[4], &file);
    who.artifact = jk_digest_of(other.manifest);
    JK_CHECK(jk_weighing_add(weighing, &who, &other));
    done(&file);
}

static void make_public(int count, char **words)
{
    struct file file;
    JK_CHECK(count >= 3 && count % 5 == 3);
    struct jk_digest release = digest_of_hex(words[0]);
    struct jk_weighed child = read_manifest(words[2], &file);
    struct jk_digest artifact = jk_digest_of(child.manifest);
    struct jk_weighing *weighing = jk_weighing_new(&release, &artifact, strtoull(words[1], NULL, 10), child);
    JK_CHECK(weighing != NULL);
    for (int i = 3; i < count; i += 5)
        add_model(weighing, words + i);
    print(weighing);
    done(&file);
}

static void make_of_challenge(int count, char **words)
{
    static struct jk_challenge_text text;
    static struct jk_digest parents[JK_GRADED_MAX];
    struct jk_error error;
    JK_CHECK(count >= 3 && count - 3 <= JK_GRADED_MAX);
    struct file file = read_file(words[0]);
    struct jk_digest digest = jk_digest_of(file.text);
    jk_error_init(&error, NULL);
    check_status(jk_challenge_text_read(file.text, &text, &error), &error);
    for (int i = 3; i < count; i++)
        parents[i - 3] = digest_of_hex(words[i]);
    struct jk_weighing *weighing = jk_weigh_challenge(&text, &digest, strtoull(words[1], NULL, 10),
                                                      strtoull(words[2], NULL, 10), parents, (size_t)count - 3);
    JK_CHECK(weighing != NULL);
    print(weighing);
    jk_challenge_text_done(&text);
    done(&file);
}

int main(int argc, char **argv)
{
    JK_CHECK(argc > 2);
    jk_digest_setup();
    if (strcmp(argv[1], "public") == 0)
        make_public(argc - 2, argv + 2);
    else
        make_of_challenge(argc - 2, argv + 2);
    return 0;
}
