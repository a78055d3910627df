// libcurl's handles, owned; included by the http floor alone.
#pragma once

#include <cstring>
#include <memory>

#include <curl/curl.h>

namespace mediafs {

/// curl_global_init, once, by whoever comes first: no curl before fork.
inline void ensure_curl_initialised() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
}

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiCleanup>;

struct HeaderListCleanup {
  // The lines hold the request's signature; libcurl would free them as they are.
  void operator()(curl_slist* list) const {
    for (curl_slist* line = list; line != nullptr; line = line->next) {
      ::explicit_bzero(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(list);
  }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListCleanup>;

}  // namespace mediafs
