#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reply.h"
#include "request.h"
#include "rules.h"

namespace mediafs::sandbox {

// The first action of this kind, or null.
const Action* find_action(const std::vector<Action>& actions, ActionKind kind);

// The reply that stands in for the real one: a status, a redirect, a page, a fail body.
struct Replacement {
  Reply reply;
  bool is_signed = true;  // what is not of the API (a proxy's page) carries no signature
};
std::optional<Replacement> replacement_for(const std::vector<Action>& actions);

// What an indiscreet origin answers: all that is secret about the request, in every field.
Reply echo_reply(const Action& action, const Request& request, const std::string& id);

// The changes to a reply that its signature covers: an empty body, another type, extra headers.
void apply_content_faults(const std::vector<Action>& actions, Reply& reply);

// The changes to the signature headers, named `signature_header` and x-auth-client.
void apply_signature_faults(const std::vector<Action>& actions, const std::string& signature_header,
                            Reply& reply);

// The changes to what happens on the wire.
void apply_delivery_faults(const std::vector<Action>& actions, Delivery& delivery);

}  // namespace mediafs::sandbox
