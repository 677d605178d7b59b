/* The files of one revision of a report, in "stage/<stage>/<revision>/" of the public folder. The canonical ones never
 * change; the others are made from them, and may look different after a change to the server.
 *
 * They are written like tiles (complete or absent, synced), under a lock on the folder "stage", so that the log's own
 * publication does not wait for them. Thread: a reader's, without a view. */
#ifndef JK_CLOSING_FILES_H
#define JK_CLOSING_FILES_H

#include "book/stage.h"
#include "closing/compute.h"

#define JK_STAGE_FOLDER "stage"

/* As in the interface's ReportFile, minus one. */
enum jk_report_file {
    JK_REPORT_TABLE,
    JK_REPORT_JSON,
    JK_REPORT_MEMBERS,
    JK_REPORT_LEFT_OUT,
    JK_REPORT_CERTIFICATE,
    JK_REPORT_HTML,
    JK_REPORT_CSV,
    JK_REPORT_COUNTED_CSV,
    JK_REPORT_LEFT_OUT_CSV,
    JK_REPORT_FILES
};

/* Whether all of them exist, and the page is one of this version (JK_PAGE_HEAD): one that an older server made is
 * missing, as it were, and is made again. */
bool jk_report_files_there(const char *public_dir, const char *stage, uint32_t revision);
/* Makes the missing files, the certificate last. `previous`: report.json of the stage to compare with; empty: none.
 * DATA_LOSS raises an alarm: REPORT_DIFFERS if what was computed is not what the closing commits to, and nothing is
 * written; TILE_CHANGED or CERTIFICATE_DIFFERS if a file exists with other bytes. UNAVAILABLE: the disk.
 * FAILED_PRECONDITION: the certificate key (jk_reader_certify); the other files are written. */
struct jk_report_making {
    struct jk_store *store;
    struct jk_reader *reader;
    const struct jk_computed *computed;
    const struct jk_closing *closing;
    struct jk_span previous;
};
JK_MUST_USE enum jk_status jk_report_files_write(const struct jk_report_making *making, struct jk_error *error);
/* A canonical file, checked against its closing; false if it is absent or different. */
bool jk_report_file_read(const char *public_dir, const char *stage, const struct jk_closing *closing,
                         enum jk_report_file file, struct jk_text *out_bytes);
/* Opens one for reading; NOT_FOUND (FILE_ABSENT). */
JK_MUST_USE enum jk_status jk_report_file_open(const char *public_dir, const char *stage, uint32_t revision,
                                               enum jk_report_file file, int *out_fd, uint64_t *out_size,
                                               struct jk_error *error);
/* Reads the revision's files again from the disk, and checks the canonical ones against their digests, and the
 * certificate against its expected content and all known keys. Damaged files are reported to `told` and removed, under
 * the folder's lock, so that they can be made again; the page and the CSV files, which have no known digest, only
 * need to exist. Out: whether all of them exist now; bytes read, added. UNAVAILABLE: the disk, or another process holds the
 * folder's lock. */
struct jk_report_inspection {
    struct jk_store *store;
    const char *stage;
    const struct jk_closing *closing;
    void (*told)(void *context, enum jk_report_file file, const char *found);
    void *context;
};
JK_MUST_USE enum jk_status jk_report_files_inspect(const struct jk_report_inspection *inspection, bool *out_whole,
                                                   uint64_t *bytes, struct jk_error *error);
/* The digest of a file that a closing states; NULL if it states none. */
const struct jk_digest *jk_report_file_digest(const struct jk_closing *closing, enum jk_report_file file);
const char *jk_report_file_name(enum jk_report_file file);

#endif
