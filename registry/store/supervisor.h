/* The supervisor process's body; see supervisor.c. */
#ifndef JK_STORE_SUPERVISOR_H
#define JK_STORE_SUPERVISOR_H

#include "store/cluster.h"

/* Written to the report pipe each time the cluster died. */
#define JK_REPORT_DIED 'd'

/* Never returns. control_fd: its end of file means stop. */
_Noreturn void jk_supervise(const struct jk_cluster *cluster, int control_fd, int report_fd);

#endif
