/* Cleanup on scope exit: JK_CLEANUP(jk_text_done) struct jk_text text; */
#ifndef JK_BASE_DEFER_H
#define JK_BASE_DEFER_H

#define JK_CLEANUP(function) __attribute__((cleanup(function)))

#endif
