#pragma once

#include <cstdint>
#include <functional>

#include "reply.h"
#include "stream.h"

namespace mediafs::sandbox {

// Who looks on while a reply goes out; all are called from the delivering thread.
struct DeliveryWatch {
  std::function<bool()> is_released = [] { return true; };            // hanging responses may go on
  std::function<void(int)> on_head = [](int) {};                      // just before the head is written
  std::function<void(std::uint64_t)> on_body = [](std::uint64_t) {};  // just before these body bytes
};

enum class Delivered {
  kKeepAlive,  // the connection takes another request
  kClose,      // the response is complete and the connection ends
  kBroken,     // the connection ends in the middle, without a TLS close alert
};

// What the request says about its response.
struct DeliveryTerms {
  bool has_body = true;  // false for HEAD
  bool closes = false;   // the client wants the connection closed
};

// Writes `reply` as its delivery says: at its pace, with its faults.
Delivered deliver(Stream& stream, const Reply& reply, const DeliveryTerms& terms, const DeliveryWatch& watch);

}  // namespace mediafs::sandbox
