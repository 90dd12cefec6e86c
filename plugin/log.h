/*
 * log.h: log lines from inside another program.
 */
#ifndef KX_PLUGIN_LOG_H
#define KX_PLUGIN_LOG_H

#include "base/kx_base.h"

/* The logger of the program that loaded us: in krb5kdc, its log file. */
extern const struct kx_logger kx_plugin_logger;

#endif /* KX_PLUGIN_LOG_H */
