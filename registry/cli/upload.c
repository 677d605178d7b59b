/* One header, then pieces of 256 KiB. */
#include "cli/upload.h"

#include "base/digest.h"
#include "cli/console/progress.h"

#define PIECE (256u << 10)

struct upload {
    Jokbo__V1__UploadBlobRequest request;
    Jokbo__V1__BlobHeader header;
    struct jk_span rest;
    bool begun;
    struct jk_progress progress;
};

static const ProtobufCMessage *next_piece(void *context)
{
    struct upload *upload = context;
    if (!upload->begun) {
        upload->begun = true;
        upload->request.content_case = JOKBO__V1__UPLOAD_BLOB_REQUEST__CONTENT_HEADER;
        upload->request.header = &upload->header;
        return &upload->request.base;
    }
    if (upload->rest.len == 0) return NULL;
    size_t len = upload->rest.len < PIECE ? upload->rest.len : PIECE;
    upload->request.content_case = JOKBO__V1__UPLOAD_BLOB_REQUEST__CONTENT_DATA;
    upload->request.data = (ProtobufCBinaryData){len, (uint8_t *)upload->rest.at};
    upload->rest = (struct jk_span){upload->rest.at + len, upload->rest.len - len};
    jk_progress_add(&upload->progress, len);
    return &upload->request.base;
}

enum jk_status jk_cli_upload_blob(struct jk_cli *cli, Jokbo__V1__BlobKind kind, struct jk_span bytes, const char *what)
{
    char hex[JK_DIGEST_HEX + 1];
    struct upload upload = {.request = JOKBO__V1__UPLOAD_BLOB_REQUEST__INIT, .header = JOKBO__V1__BLOB_HEADER__INIT};
    struct jk_digest digest = jk_digest_of(bytes);
    ProtobufCMessage *reply;
    jk_digest_hex(&digest, hex);
    upload.header.kind = kind;
    upload.header.sha256 = hex;
    upload.header.size = (int64_t)bytes.len;
    upload.rest = bytes;
    JK_TRY(jk_cli_connect(cli));
    jk_progress_begin(&upload.progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, what, bytes.len);
    enum jk_status status = jk_client_upload(cli->client, &jokbo__v1__registry__descriptor, "UploadBlob", next_piece,
                                             &upload, &cli->arena, &reply, &cli->error);
    jk_progress_end(&upload.progress);
    return status;
}
