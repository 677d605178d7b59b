/* The script of a demo (registry/data/demo/programme.script): what happens, when, and who does it. Pure; everything
 * lies in the arena. A line is TIME WHO WORD…, in order of time; words with spaces in quotes; # begins a comment. WHO
 * is `admin` (the caller) or a name that an `account` step made. The words are a command of jokbo with its options,
 * or one of the steps that only a demo knows (JK_DEMO_STEPS). `as NAME` at the end keeps the log index of what was
 * written, for {NAME} in later words, and {NAME} of weights is the folder that they are in; `refused` before a
 * command says that the server must refuse it. A word that begins with ./ or ../ is a path from the script's folder.
 * Limits: JK_DEMO_LINES lines, JK_DEMO_ARGS words each. */
#ifndef JK_DEMO_SCRIPT_H
#define JK_DEMO_SCRIPT_H

#include "base/error.h"

#define JK_DEMO_LINES        1000
#define JK_DEMO_ARGS         40
#define JK_DEMO_SCRIPT_BYTES (256u << 10)

/* JK_DEMO_STEP(id, "word", operands): steps of a demo's own. */
#define JK_DEMO_STEPS(X)                                                                                               \
    X(ROSTER, "roster", 1, 2)   /* FILE [DAY]: as it was known then; programme models without a date: from DAY */      \
    X(WORLD, "world", 1, 1)     /* FILE: the table of derivatives; once, before them */                                \
    X(ACCOUNT, "account", 2, 4) /* WHO LABEL [ROLE [TEAM]]; of the role verifier: its id, in the place of a team */    \
    X(DERIVATIVES, "derivatives", 3, 3) /* SHARE until TIME: so many per mille of all, spread over the time */         \
    X(KEY, "key", 1, 1)                 /* rotate, or retire: of the log's key, each step an entry */                  \
    X(YANKS, "yanks", 1, 1)             /* SHARE: yanks so many per mille of those made so far */                      \
    X(VERIFY, "verify", 1, 1)   /* NUMBER: verifies so many more of the invented publishers, the most active first */  \
    X(WEIGHTS, "weights", 1, 4) /* NAME [from NAME SHARE]: makes invented weights, of others with per mille noise */   \
    X(EVIDENCE, "evidence", 1, 1) /* MODEL: waits until the server has said what its weights show */

enum jk_demo_step {
    JK_DEMO_COMMAND, /* of jokbo */
#define X(id, word, least, most) JK_DEMO_##id,
    JK_DEMO_STEPS(X)
#undef X
};

struct jk_demo_line {
    unsigned number; /* in the file */
    enum jk_demo_step step;
    int64_t time_us, until_us; /* until: of derivatives; else equal */
    const char *who;
    const char *words[JK_DEMO_ARGS]; /* without the step's own word */
    size_t word_count;
    unsigned share;   /* of derivatives, yanks; the number to verify; of noise on weights */
    const char *keep; /* NULL: nothing is kept */
    bool refused;
};

struct jk_demo_script {
    struct jk_demo_line *lines;
    size_t count;
};

/* `folder`: where the script lies. INVALID_ARGUMENT lists every mistake with its line. */
JK_MUST_USE enum jk_status jk_demo_script_read(struct jk_span text, struct jk_span folder, struct jk_arena *arena,
                                               struct jk_demo_script *out_script, struct jk_error *error);

#endif
