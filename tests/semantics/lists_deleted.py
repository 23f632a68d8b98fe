# --- delete_list_items
items = [1, 2, 3, 4]
del items[1]
del items[-1]
assert items == [1, 3]
raise ValueError(repr(items))
# --- delete_beyond_the_end
items = [1]
del items[1]
# --- delete_before_the_start
items = [1]
del items[-2]
