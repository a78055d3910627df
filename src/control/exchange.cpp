#include "control/exchange.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace mediafs {

namespace {

std::optional<ControlResponse> refusal_of(MHD_Connection* connection, ControlService::Admits admits) {
  if (admits == ControlService::Admits::anybody || is_our_user_or_root(connection)) return std::nullopt;
  return ControlResponse{.status = MHD_HTTP_FORBIDDEN, .body = "not for this user\n"};
}

}  // namespace

Exchange* take_piece(MHD_Connection* connection, const Admission& admission, const char* piece,
                     std::size_t* size, void** state) {
  if (*state == nullptr) {  // the head alone
    *state = new Exchange{
        .refusal = refusal_of(connection, admission.admits)};  // NOLINT: drop_exchange() deletes it
    return nullptr;
  }
  auto* const exchange = static_cast<Exchange*>(*state);
  const std::size_t count = std::exchange(*size, 0);
  if (count == 0) return exchange;
  if (exchange->body.size() + count > admission.most_body) {
    exchange->refusal = {.status = MHD_HTTP_CONTENT_TOO_LARGE, .body = "the request is too large\n"};
  } else if (!exchange->refusal) {
    exchange->body.append(piece, count);
  }
  return nullptr;
}

void drop_exchange(void* /*service*/, MHD_Connection* /*connection*/, void** state,
                   MHD_RequestTerminationCode /*why*/) {
  delete static_cast<Exchange*>(std::exchange(*state, nullptr));  // NOLINT(cppcoreguidelines-owning-memory)
}

bool is_our_user_or_root(MHD_Connection* connection) {
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  ucred peer{};
  socklen_t size = sizeof(peer);
  return info != nullptr && ::getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

MHD_Result send_with_body(MHD_Connection* connection, const ControlResponse& response,
                          const HttpResponse& http) {
  if (!http) return MHD_NO;
  MHD_add_response_header(http.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  MHD_add_response_header(http.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(http.get(), MHD_HTTP_HEADER_CONNECTION, "close");  // nobody holds one idle
  return MHD_queue_response(connection, response.status, http.get());
}

MHD_Result send(MHD_Connection* connection, const ControlResponse& response) {
  // The library copies it; it does not write to it.
  return send_with_body(
      connection, response,
      HttpResponse(MHD_create_response_from_buffer(response.body.size(),
                                                   const_cast<char*>(response.body.data()),  // NOLINT
                                                   MHD_RESPMEM_MUST_COPY),
                   &MHD_destroy_response));
}

}  // namespace mediafs
