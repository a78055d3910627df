// What both control services have in common: a request that libmicrohttpd brings in pieces, and its answer.
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "mediafs/control/control_service.h"

namespace mediafs {

/// Of one connection, from the first piece of its request until drop_exchange().
struct Exchange {
  std::string body;
  std::optional<ControlResponse> refusal;  // of what is not taken in at all
  std::optional<ControlResponse> answer;   // that came later than the request
};

/// Who may ask, and what they may send at most.
struct Admission {
  ControlService::Admits admits;
  std::size_t most_body;
};

/// For MHD_AccessHandlerCallback: takes the next piece in. Null: more comes.
Exchange* take_piece(MHD_Connection* connection, const Admission& admission, const char* piece,
                     std::size_t* size, void** state);
/// An MHD_RequestCompletedCallback.
void drop_exchange(void* service, MHD_Connection* connection, void** state, MHD_RequestTerminationCode why);

bool is_our_user_or_root(MHD_Connection* connection);

MHD_Result send(MHD_Connection* connection, const ControlResponse& response);

using HttpResponse = std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

/// The same with a body of its own in `http`, which may be null.
MHD_Result send_with_body(MHD_Connection* connection, const ControlResponse& response,
                          const HttpResponse& http);

}  // namespace mediafs
