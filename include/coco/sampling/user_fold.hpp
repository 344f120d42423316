// SPDX-License-Identifier: Apache-2.0
/// \file
/// Folds of users, for cross-fitting: what is fitted on all folds but one has not seen that one's targets.
#pragma once

#include <cstdint>

#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco {

/// User u belongs to fold u modulo `folds`.
struct UserFold {
    Index folds = 1;      ///< 1: all users
    Index fold = 0;       ///< below `folds`
    bool others = false;  ///< the users of the other folds instead

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("folds", c.folds, at_least(1)), setting("fold", c.fold, at_least(0)),
                     setting("others", c.others));
    }

    bool has(Id user) const { return folds == 1 || (user % folds == fold) != others; }

    /// The histories of these users; those of the others are empty.
    data::Interactions of(const data::Interactions& train) const {
        data::Interactions part;
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (has(user))
                part.add(train.of(user), train.ratings_of(user), train.times_of(user));
            else
                part.add({}, {}, {});
        return part;
    }
};

}  // namespace coco
