/* Hashes, the right edge of a tree, and roots over it. Pure; see merkle.h. */
#include "tlog/merkle.h"

#include "base/check.h"

struct jk_digest jk_merkle_leaf(struct jk_span entry)
{
    const struct jk_span parts[2] = {{"\x00", 1}, entry};
    return jk_digest_parts(parts, 2);
}

struct jk_digest jk_merkle_node(const struct jk_digest *left, const struct jk_digest *right)
{
    char bytes[1 + 2 * JK_DIGEST_SIZE];

    bytes[0] = 0x01;
    memcpy(bytes + 1, left->bytes, JK_DIGEST_SIZE);
    memcpy(bytes + 1 + JK_DIGEST_SIZE, right->bytes, JK_DIGEST_SIZE);
    return jk_digest_of((struct jk_span){bytes, sizeof(bytes)});
}

struct jk_digest jk_merkle_empty(void)
{
    return jk_digest_of(JK_SPAN(""));
}

void jk_edge_init(struct jk_edge *edge)
{
    memset(edge, 0, sizeof(*edge));
}

/* Like adding one to a binary number: each trailing 1 is a perfect subtree that the new leaf completes. */
void jk_edge_append(struct jk_edge *edge, const struct jk_digest *leaf)
{
    struct jk_digest node = *leaf;

    JK_CHECK(edge->size < JK_TREE_MAX);
    for (uint64_t size = edge->size; size & 1; size >>= 1) {
        edge->count--;
        node = jk_merkle_node(&edge->nodes[edge->count], &node);
    }
    edge->nodes[edge->count++] = node;
    edge->size++;
}

struct jk_digest jk_edge_root(const struct jk_edge *edge)
{
    if (edge->count == 0) return jk_merkle_empty();
    struct jk_digest root = edge->nodes[edge->count - 1];
    for (uint32_t i = edge->count - 1; i > 0; i--)
        root = jk_merkle_node(&edge->nodes[i - 1], &root);
    return root;
}

bool jk_edge_load(struct jk_edge *edge, uint64_t size, struct jk_span nodes)
{
    uint32_t count = (uint32_t)__builtin_popcountll(size);

    if (size > JK_TREE_MAX || nodes.len != (size_t)count * JK_DIGEST_SIZE) return false;
    jk_edge_init(edge);
    edge->size = size;
    edge->count = count;
    for (uint32_t i = 0; i < count; i++)
        memcpy(edge->nodes[i].bytes, nodes.at + (size_t)i * JK_DIGEST_SIZE, JK_DIGEST_SIZE);
    return true;
}
