#include "mediafs/model/media_type.h"

#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

TEST(MediaType, EachOfTheApisClosedListHasItsExtension) {
  for (const auto& [type, extension] : Rows{{"image/jpg", "jpg"},
                                            {"image/jpeg", "jpg"},
                                            {"image/png", "png"},
                                            {"image/heic", "heic"},
                                            {"image/heif", "heif"},
                                            {"image/webp", "webp"},
                                            {"image/pdf", "pdf"},
                                            {"application/pdf", "pdf"},
                                            {"video/mp4", "mp4"},
                                            {"video/webm", "webm"},
                                            {"application/json", "json"}})
    EXPECT_EQ(extension_of(type), extension) << type;
}

TEST(MediaType, WhatElseIsCommonHasTheExtensionThatDebianGivesIt) {
  for (const auto& [type, extension] : Rows{{"image/gif", "gif"},
                                            {"image/tiff", "tiff"},
                                            {"image/svg+xml", "svg"},
                                            {"image/x-ms-bmp", "bmp"},
                                            {"audio/mpeg", "mp3"},
                                            {"audio/mp4", "m4a"},
                                            {"audio/wav", "wav"},
                                            {"audio/ogg", "oga"},
                                            {"video/quicktime", "mov"},
                                            {"video/3gpp", "3gp"},
                                            {"video/x-matroska", "mkv"},
                                            {"text/plain", "txt"},
                                            {"text/xml", "xml"},
                                            {"application/zip", "zip"}})
    EXPECT_EQ(extension_of(type), extension) << type;
}

TEST(MediaType, WhereThereIsNoExtensionItIsBin) {
  for (const std::string type : {"", "application/octet-stream", "application/x-new", "image/", "jpg"})
    EXPECT_EQ(extension_of(type), "bin") << type;
}

TEST(MediaType, AnExtensionIsOneThatATypeHas) {
  for (const std::string one : {"jpg", "pdf", "mp4", "svg", "bin"}) EXPECT_TRUE(is_extension(one)) << one;
  for (const std::string none : {"", "jpeg", "exe", "JPG", ".jpg"}) EXPECT_FALSE(is_extension(none)) << none;
}

TEST(MediaType, HasOneNameForDesktops) {
  for (const auto& [type, name] : Rows{{"image/jpg", "image/jpeg"},
                                       {"image/pdf", "application/pdf"},
                                       {"audio/wav", "audio/x-wav"},
                                       {"video/mp4", "video/mp4"},
                                       {"application/x-new", "application/x-new"}})
    EXPECT_EQ(freedesktop_type(type), name) << type;
}

TEST(MediaType, MayBeCalledByItsExtensionOrInAnyCase) {
  for (const auto& [text, type] : Rows{{"image/jpeg", "image/jpeg"},
                                       {"Image/JPG", "image/jpg"},
                                       {" video/WebM ; codecs=vp9", "video/webm"},
                                       {"application/x-new", "application/x-new"},
                                       {"jpg", "image/jpeg"},
                                       {".jpg", "image/jpeg"},
                                       {".JPEG", "image/jpeg"},
                                       {"tif", "image/tiff"},
                                       {".pdf", "application/pdf"},
                                       {".mp4; x=1", "video/mp4"}})
    EXPECT_EQ(media_type_in(text), type) << text;
}

TEST(MediaType, WhatIsNoneIsNothing) {
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("..jpg"), std::string("bin"), std::string("image"),
        std::string("image/"), std::string("/png"), std::string("image/p ng"), std::string("a/b/c"),
        std::string("image/png\0", 10), std::string("../x"), "image/" + std::string(128, 'x')})
    EXPECT_EQ(media_type_in(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace mediafs
