/*
 * Non-blocking POSIX sockets for JavaScript: numbers and byte arrays in, a count (>= 0) or -errno out.
 *
 * No protocol is known here; addresses, options and messages are bytes that TypeScript lays out. What JavaScript hands in
 * is not trusted: a wrong type throws a TypeError, a length outside its array is -EINVAL, and every function but the two
 * for options takes only descriptors that socket() of the same thread made.
 *
 * State belongs to one JavaScript thread (struct thread), so the module works in the main thread and in workers alike.
 * When a thread ends, its polls are closed before its event loop is (an open poll would abort the process) and its sockets
 * with them.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { MAXIMUM_ARGUMENTS = 5, POLL_EVENTS = UV_READABLE | UV_WRITABLE | UV_DISCONNECT | UV_PRIORITIZED };

struct thread;

/* One polled descriptor. Freed when libuv has closed the handle. */
struct watch {
  uv_poll_t handle;
  struct thread *thread;
  napi_ref callback;
  int fd;
  int events;
};

/* What is known of a descriptor, by its number. */
struct slot {
  bool owned;
  struct watch *watch;
};

/* One JavaScript thread. */
struct thread {
  napi_env env;
  uv_loop_t *loop;
  napi_async_cleanup_hook_handle cleanup;
  struct slot *slots;
  size_t slot_count;
  size_t closing; /* poll handles that libuv has yet to close */
  bool ending;
  int holders; /* the environment's instance data and the cleanup hook */
};

/* The arguments of one call. */
struct call {
  napi_env env;
  struct thread *thread;
  const char *name;
  size_t count;
  napi_value values[MAXIMUM_ARGUMENTS];
};

struct bytes {
  uint8_t *data;
  size_t length;
};

/* ---- arguments ---------------------------------------------------------------------------------------------- */

static bool refuse(const struct call *call, size_t index, const char *wanted) {
  char message[96];
  snprintf(message, sizeof message, "%s: argument %zu must be %s", call->name, index + 1, wanted);
  napi_throw_type_error(call->env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

static bool take_int(const struct call *call, size_t index, int *value) {
  double number;
  if (index >= call->count || napi_get_value_double(call->env, call->values[index], &number) != napi_ok ||
      !(number >= INT_MIN && number <= INT_MAX) || number != (double)(int)number) {
    return refuse(call, index, "a 32-bit integer");
  }
  *value = (int)number;
  return true;
}

static bool take_array(const struct call *call, size_t index, napi_typedarray_type type, struct bytes *bytes) {
  napi_typedarray_type actual;
  void *data;
  if (index >= call->count || napi_get_typedarray_info(call->env, call->values[index], &actual, &bytes->length, &data,
                                                       NULL, NULL) != napi_ok ||
      actual != type) {
    return refuse(call, index, type == napi_int32_array ? "an Int32Array" : "a Uint8Array");
  }
  bytes->data = data;
  return true;
}

static bool take_bytes(const struct call *call, size_t index, struct bytes *bytes) {
  return take_array(call, index, napi_uint8_array, bytes);
}

/* Leaves `bytes` empty when the argument is missing or undefined. */
static bool take_optional_bytes(const struct call *call, size_t index, struct bytes *bytes) {
  napi_valuetype type;
  *bytes = (struct bytes){NULL, 0};
  if (index >= call->count) return true;
  if (napi_typeof(call->env, call->values[index], &type) == napi_ok && type == napi_undefined) return true;
  return take_bytes(call, index, bytes);
}

/* An address handed to the kernel or filled by it is never longer than this. */
static socklen_t address_length(struct bytes address) {
  size_t most = sizeof(struct sockaddr_storage);
  return (socklen_t)(address.length < most ? address.length : most);
}

/* ---- descriptors -------------------------------------------------------------------------------------------- */

static struct slot *slot_of(struct thread *thread, int fd) {
  if (fd < 0 || (size_t)fd >= thread->slot_count || !thread->slots[fd].owned) return NULL;
  return &thread->slots[fd];
}

static int own(struct thread *thread, int fd) {
  if ((size_t)fd >= thread->slot_count) {
    size_t count = ((size_t)fd + 64) & ~(size_t)63;
    struct slot *slots = realloc(thread->slots, count * sizeof *slots);
    if (slots == NULL) return -ENOMEM;
    memset(slots + thread->slot_count, 0, (count - thread->slot_count) * sizeof *slots);
    thread->slots = slots;
    thread->slot_count = count;
  }
  thread->slots[fd] = (struct slot){.owned = true, .watch = NULL};
  return fd;
}

static void let_go(struct thread *thread) {
  if (--thread->holders > 0) return;
  free(thread->slots);
  free(thread);
}

static void finish_ending(struct thread *thread) {
  if (!thread->ending || thread->closing > 0) return;
  napi_remove_async_cleanup_hook(thread->cleanup);
  let_go(thread);
}

static void on_closed(uv_handle_t *handle) {
  struct watch *watch = handle->data;
  struct thread *thread = watch->thread;
  free(watch);
  thread->closing--;
  finish_ending(thread);
}

/* libuv forgets the descriptor at once; only the memory of the handle is given back later. */
static void unwatch(struct slot *slot) {
  struct watch *watch = slot->watch;
  if (watch == NULL) return;
  slot->watch = NULL;
  if (watch->callback != NULL) napi_delete_reference(watch->thread->env, watch->callback);
  watch->callback = NULL;
  watch->thread->closing++;
  uv_close((uv_handle_t *)&watch->handle, on_closed);
}

static int close_slot(struct slot *slot, int fd) {
  unwatch(slot);
  slot->owned = false;
  /* Linux has freed the descriptor even when close() was interrupted. */
  return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

static void on_thread_end(napi_async_cleanup_hook_handle handle, void *data) {
  struct thread *thread = data;
  (void)handle;
  thread->ending = true;
  for (size_t fd = 0; fd < thread->slot_count; fd++) {
    if (thread->slots[fd].owned) close_slot(&thread->slots[fd], (int)fd);
  }
  finish_ending(thread);
}

static void on_instance_end(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  let_go(data);
}

/* ---- polling ------------------------------------------------------------------------------------------------ */

/*
 * libuv stops a poll at EPOLLERR, which for packet and netlink sockets is an ordinary event (interface down, buffer
 * overrun). Takes the socket's pending error and goes on polling; without one, whoever reads the socket is told.
 */
static int take_error(struct watch *watch) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
  int started = uv_poll_start(&watch->handle, watch->events, watch->handle.poll_cb);
  if (started != 0) return started;
  return error != 0 ? -error : UV_READABLE;
}

/* The callback may unpoll or close the descriptor: `watch` is not touched after it. */
static void on_poll(uv_poll_t *handle, int status, int events) {
  struct watch *watch = handle->data;
  napi_env env = watch->thread->env;
  int result = status == 0 ? events : take_error(watch);
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value global, callback, argument;
  if (napi_get_global(env, &global) == napi_ok &&
      napi_get_reference_value(env, watch->callback, &callback) == napi_ok && callback != NULL &&
      napi_create_int32(env, result, &argument) == napi_ok &&
      napi_make_callback(env, NULL, global, callback, 1, &argument, NULL) == napi_pending_exception) {
    napi_value thrown;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
  }
  napi_close_handle_scope(env, scope);
}

static int start_watch(struct thread *thread, struct slot *slot, int fd) {
  struct watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL) return -ENOMEM;
  int status = uv_poll_init(thread->loop, &watch->handle, fd);
  if (status != 0) {
    free(watch);
    return status;
  }
  watch->handle.data = watch;
  watch->thread = thread;
  watch->fd = fd;
  slot->watch = watch;
  return 0;
}

/* poll(fd, events, callback): calls back with the ready events, or -errno; a second call changes what is watched. */
static int do_poll(struct call *call) {
  int fd, events;
  napi_valuetype type;
  napi_ref callback;
  if (!take_int(call, 0, &fd) || !take_int(call, 1, &events)) return 0;
  if (call->count < 3 || napi_typeof(call->env, call->values[2], &type) != napi_ok || type != napi_function) {
    refuse(call, 2, "a function");
    return 0;
  }
  struct slot *slot = slot_of(call->thread, fd);
  if (slot == NULL) return -EBADF;
  if (events == 0 || (events & ~POLL_EVENTS) != 0) return -EINVAL;
  if (napi_create_reference(call->env, call->values[2], 1, &callback) != napi_ok) return -ENOMEM;
  int status = slot->watch == NULL ? start_watch(call->thread, slot, fd) : 0;
  if (status == 0) status = uv_poll_start(&slot->watch->handle, events, on_poll);
  if (status != 0) {
    napi_delete_reference(call->env, callback);
    unwatch(slot);
    return status;
  }
  if (slot->watch->callback != NULL) napi_delete_reference(call->env, slot->watch->callback);
  slot->watch->callback = callback;
  slot->watch->events = events;
  return 0;
}

/* unpoll(fd): no callback comes after it. Not an error when nothing is watched. */
static int do_unpoll(struct call *call) {
  int fd;
  if (!take_int(call, 0, &fd)) return 0;
  struct slot *slot = slot_of(call->thread, fd);
  if (slot == NULL) return -EBADF;
  unwatch(slot);
  return 0;
}

/* ---- sockets ------------------------------------------------------------------------------------------------ */

/* socket(family, type, protocol) */
static int do_socket(struct call *call) {
  int family, type, protocol;
  if (!take_int(call, 0, &family) || !take_int(call, 1, &type) || !take_int(call, 2, &protocol)) return 0;
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -errno;
  int owned = own(call->thread, fd);
  if (owned < 0) close(fd);
  return owned;
}

/* close(fd): ends a poll of it, too. */
static int do_close(struct call *call) {
  int fd;
  if (!take_int(call, 0, &fd)) return 0;
  struct slot *slot = slot_of(call->thread, fd);
  return slot == NULL ? -EBADF : close_slot(slot, fd);
}

/* release(fd): from now on it belongs to the caller, who hands it to something that closes it. -EBUSY while polled. */
static int do_release(struct call *call) {
  int fd;
  if (!take_int(call, 0, &fd)) return 0;
  struct slot *slot = slot_of(call->thread, fd);
  if (slot == NULL) return -EBADF;
  if (slot->watch != NULL) return -EBUSY;
  slot->owned = false;
  return fd;
}

static int with_address(struct call *call, int (*act)(int, const struct sockaddr *, socklen_t)) {
  int fd;
  struct bytes address;
  if (!take_int(call, 0, &fd) || !take_bytes(call, 1, &address)) return 0;
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  if (address.length == 0 || address.length > sizeof(struct sockaddr_storage)) return -EINVAL;
  return act(fd, (const struct sockaddr *)address.data, (socklen_t)address.length) == 0 ? 0 : -errno;
}

/* bind(fd, address) */
static int do_bind(struct call *call) { return with_address(call, bind); }

/* connect(fd, address): -EINPROGRESS, then poll for writable. */
static int do_connect(struct call *call) { return with_address(call, connect); }

/* listen(fd, backlog) */
static int do_listen(struct call *call) {
  int fd, backlog;
  if (!take_int(call, 0, &fd) || !take_int(call, 1, &backlog)) return 0;
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  return listen(fd, backlog) == 0 ? 0 : -errno;
}

/* ---- options ------------------------------------------------------------------------------------------------ */

/* Options whose value holds a pointer, or whose length is not in bytes: through them bytes could reach any memory. */
static bool holds_pointer(int level, int option) {
  switch (level) {
  case SOL_SOCKET: /* SO_GET_FILTER, which counts in instructions, is SO_ATTACH_FILTER when read */
    return option == SO_ATTACH_FILTER || option == SO_ATTACH_REUSEPORT_CBPF;
  case IPPROTO_TCP:
    return option == TCP_ZEROCOPY_RECEIVE;
  case IPPROTO_IP: /* the tables of iptables, arptables and ebtables */
    return option == 64 || option == 96 || option == 128;
  case IPPROTO_IPV6: /* ip6tables */
    return option == 64;
  default:
    return false;
  }
}

static bool take_option(struct call *call, int *fd, int *level, int *option, struct bytes *value) {
  return take_int(call, 0, fd) && take_int(call, 1, level) && take_int(call, 2, option) && take_bytes(call, 3, value);
}

/* setsockopt(fd, level, option, value) */
static int do_setsockopt(struct call *call) {
  int fd, level, option;
  struct bytes value;
  if (!take_option(call, &fd, &level, &option, &value)) return 0;
  if (value.length > INT_MAX) return -EINVAL;
  if (holds_pointer(level, option)) return -ENOPROTOOPT;
  return setsockopt(fd, level, option, value.data, (socklen_t)value.length) == 0 ? 0 : -errno;
}

/* getsockopt(fd, level, option, value): the length of what was written to `value`. */
static int do_getsockopt(struct call *call) {
  int fd, level, option;
  struct bytes value;
  if (!take_option(call, &fd, &level, &option, &value)) return 0;
  if (value.length > INT_MAX) return -EINVAL;
  if (holds_pointer(level, option)) return -ENOPROTOOPT;
  socklen_t length = (socklen_t)value.length;
  return getsockopt(fd, level, option, value.data, &length) == 0 ? (int)length : -errno;
}

/* attachFilter(fd, program): a classic BPF program, 8 bytes an instruction; it replaces the one before in one step. */
static int do_attach_filter(struct call *call) {
  int fd;
  struct bytes program;
  if (!take_int(call, 0, &fd) || !take_bytes(call, 1, &program)) return 0;
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  size_t count = program.length / sizeof(struct sock_filter);
  if (count == 0 || count > BPF_MAXINSNS || program.length % sizeof(struct sock_filter) != 0) return -EINVAL;
  struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)program.data};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0 ? 0 : -errno;
}

/* ---- data --------------------------------------------------------------------------------------------------- */

/* recv(fd, data, from?): bytes received; what does not fit in `data` is lost. `from` is cleared before it is filled. */
static int do_recv(struct call *call) {
  int fd;
  struct bytes data, from;
  if (!take_int(call, 0, &fd) || !take_bytes(call, 1, &data) || !take_optional_bytes(call, 2, &from)) return 0;
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  if (data.length > INT_MAX) return -EINVAL;
  socklen_t length = address_length(from);
  if (length > 0) memset(from.data, 0, length);
  struct sockaddr *address = length > 0 ? (struct sockaddr *)from.data : NULL;
  ssize_t count = recvfrom(fd, data.data, data.length, MSG_DONTWAIT, address, address == NULL ? NULL : &length);
  return count >= 0 ? (int)count : -errno;
}

/* recvmsg(fd, data, from, control, info?): like recv; `info` gets the lengths of `from` and `control`, and the flags. */
static int do_recvmsg(struct call *call) {
  int fd;
  struct bytes data, from, control, info = {NULL, 0};
  if (!take_int(call, 0, &fd) || !take_bytes(call, 1, &data) || !take_bytes(call, 2, &from) ||
      !take_bytes(call, 3, &control)) {
    return 0;
  }
  if (call->count > 4 && !take_array(call, 4, napi_int32_array, &info)) return 0;
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  if (data.length > INT_MAX || control.length > INT_MAX || (call->count > 4 && info.length < 3)) return -EINVAL;
  struct sockaddr_storage sender = {.ss_family = AF_UNSPEC};
  struct iovec part = {.iov_base = data.data, .iov_len = data.length};
  struct msghdr message = {.msg_name = &sender,
                           .msg_namelen = sizeof sender,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.data,
                           .msg_controllen = control.length};
  /* A control message of length 0 ends the list for a reader that has no `info`. */
  if (control.length > 0) memset(control.data, 0, control.length);
  ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) return -errno;
  socklen_t length = address_length(from);
  if (length > 0) memcpy(from.data, &sender, length);
  if (length > message.msg_namelen) length = message.msg_namelen;
  if (info.data != NULL) {
    int32_t found[3] = {(int32_t)length, (int32_t)message.msg_controllen, message.msg_flags & ~MSG_CMSG_CLOEXEC};
    memcpy(info.data, found, sizeof found);
  }
  return (int)count;
}

/* send(fd, data, length, to?): sends the first `length` bytes of `data`. */
static int do_send(struct call *call) {
  int fd, length;
  struct bytes data, to;
  if (!take_int(call, 0, &fd) || !take_bytes(call, 1, &data) || !take_int(call, 2, &length) ||
      !take_optional_bytes(call, 3, &to)) {
    return 0;
  }
  if (slot_of(call->thread, fd) == NULL) return -EBADF;
  if (length < 0 || (size_t)length > data.length || to.length > sizeof(struct sockaddr_storage)) return -EINVAL;
  const struct sockaddr *address = to.length > 0 ? (const struct sockaddr *)to.data : NULL;
  ssize_t count = sendto(fd, data.data, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL, address, (socklen_t)to.length);
  return count >= 0 ? (int)count : -errno;
}

/* ---- the module --------------------------------------------------------------------------------------------- */

struct function {
  const char *name;
  int (*act)(struct call *);
};

static const struct function functions[] = {
    {"socket", do_socket},         {"bind", do_bind},       {"connect", do_connect},
    {"listen", do_listen},         {"close", do_close},     {"release", do_release},
    {"setsockopt", do_setsockopt}, {"poll", do_poll},       {"getsockopt", do_getsockopt},
    {"unpoll", do_unpoll},         {"recv", do_recv},       {"attachFilter", do_attach_filter},
    {"recvmsg", do_recvmsg},       {"send", do_send},
};

/* Calls the function in `data`; when it refused an argument, the exception is pending and its result does not matter. */
static napi_value enter(napi_env env, napi_callback_info info) {
  struct call call = {.env = env, .count = MAXIMUM_ARGUMENTS};
  void *data = NULL, *thread = NULL;
  napi_value result = NULL;
  if (napi_get_cb_info(env, info, &call.count, call.values, NULL, &data) != napi_ok || data == NULL ||
      napi_get_instance_data(env, &thread) != napi_ok || thread == NULL) {
    return NULL;
  }
  const struct function *function = data;
  if (call.count > MAXIMUM_ARGUMENTS) call.count = MAXIMUM_ARGUMENTS;
  call.name = function->name;
  call.thread = thread;
  if (call.thread->ending) return NULL;
  int value = function->act(&call);
  napi_create_int32(env, value, &result);
  return result;
}

static bool export_functions(napi_env env, napi_value exports) {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value value;
    const char *name = functions[i].name;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, enter, (void *)&functions[i], &value) != napi_ok ||
        napi_set_named_property(env, exports, name, value) != napi_ok) {
      return false;
    }
  }
  return true;
}

NAPI_MODULE_INIT() {
  struct thread *thread = calloc(1, sizeof *thread);
  if (thread == NULL) return NULL;
  thread->env = env;
  thread->holders = 1;
  if (napi_get_uv_event_loop(env, &thread->loop) != napi_ok ||
      napi_set_instance_data(env, thread, on_instance_end, NULL) != napi_ok) {
    let_go(thread);
    return NULL;
  }
  if (napi_add_async_cleanup_hook(env, on_thread_end, thread, &thread->cleanup) != napi_ok) return NULL;
  thread->holders = 2;
  return export_functions(env, exports) ? exports : NULL;
}
